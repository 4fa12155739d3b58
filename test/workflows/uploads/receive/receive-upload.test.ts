import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { GenesysFailure } from '../../../../src/domain/genesys/genesys-failure.ts'
import { GatewayProblem } from '../../../../src/domain/problems/problem.ts'
import { uploadOptionsSchema } from '../../../../src/domain/uploads/upload-options.ts'
import { ZERO_COUNTS } from '../../../../src/domain/uploads/upload.ts'
import type { RunIntake } from '../../../../src/intake/contract.ts'
import { FileRefused } from '../../../../src/intake/contract.ts'
import { sha256Hex } from '../../../../src/lib/digest.ts'
import { createIds } from '../../../../src/lib/ids.ts'
import { createReadContactList } from '../../../../src/workflows/contact-lists/read-contact-lists.ts'
import type { UploadRequest } from '../../../../src/workflows/contract.ts'
import { createTextContentHashes } from '../../../../src/workflows/delivery/content-hashes.ts'
import type { UploadStore } from '../../../../src/workflows/ports/uploads/uploads.ts'
import { createControlUpload } from '../../../../src/workflows/uploads/control/control-upload.ts'
import { createReceiveUpload } from '../../../../src/workflows/uploads/receive/receive-upload.ts'
import { makeChunk } from '../../../support/memory/made-uploads.ts'
import { compareWith } from '../../../support/memory/memory-delivery.ts'
import { createMemoryGenesys } from '../../../support/memory/memory-genesys.ts'
import { createMemoryLists } from '../../../support/memory/memory-lists.ts'
import { createMemoryUploads } from '../../../support/memory/memory-uploads.ts'
import { noSuppressions } from '../../../support/memory/no-suppressions.ts'
import { asNew } from '../../../support/stages/chunks.ts'
import { contactSteps } from '../../../support/stages/steps.ts'
import { createManualClock } from '../../../support/stages/test-clock.ts'

const caller = { tenantId: 'default', keyId: 'key_1', scopes: [], requestId: 'req_1' }

/** Each line of the body is a contact id; `refuse` and `!…` stand for what the real intake finds. */
const lineIntake: RunIntake = async (body, spec, sink) => {
  let text = ''
  for await (const piece of body) text += Buffer.from(piece).toString()
  const ids = text.split('\n').filter((line) => line !== '')
  if (ids.includes('refuse'))
    throw new FileRefused('csv-malformed', 'an unclosed quote', { line: 3 })
  const good = ids.filter((id) => !id.startsWith('!'))
  const rejected = ids.flatMap((id, index) =>
    id.startsWith('!')
      ? [{ line: index + 1, code: 'phone-invalid', column: 'p', cells: [id] }]
      : [],
  )
  let chunks = 0
  for (let from = 0; from < good.length || chunks === 0; from += 2_500) {
    const chunk = makeChunk(chunks, good.slice(from, from + 2_500))
    await sink.take({ ...asNew(chunk), rejected: chunks === 0 ? rejected : [] })
    chunks += 1
  }
  const counts = { ...ZERO_COUNTS, read: ids.length, accepted: good.length }
  return {
    counts: { ...counts, rejected: rejected.length },
    rejections: rejected.length > 0 ? { 'phone-invalid': rejected.length } : {},
    columns: [],
    targetColumns: ['id', 'note'],
    addedColumns: [],
    source: {
      fileName: spec.fileName,
      format: spec.format,
      encoding: 'utf-8',
      delimiter: ',',
      bytes: text.length,
      sha256: sha256Hex(text),
    },
    leftOut: new Map(),
    replacedBy: new Map(),
    batchesTotal: chunks,
    chunks,
    phones: { direct: 0, library: 0, normalized: 0 },
  }
}

const bodyOf = async function* (text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text)
}

const setUp = (intake: RunIntake = lineIntake) => {
  const memory = createMemoryUploads()
  const genesys = createMemoryGenesys()
  const lists = createMemoryLists()
  const clock = createManualClock()
  const ids = createIds({ clock })
  const events: string[] = []
  let wakes = 0
  const receive = createReceiveUpload({
    contactLists: genesys,
    uploads: memory.uploads as unknown as UploadStore,
    smallUploads: { stage: () => Promise.reject(new Error('not by the small way')) },
    idempotency: memory.idempotency,
    lists,
    suppressions: noSuppressions,
    settings: { read: async () => ({ queue: {} }) },
    extendList: { check: () => undefined, extend: async (_request, list) => list },
    register: {
      compare: compareWith(memory.register),
      registerSize: async () => memory.register.size,
    },
    contentHashes: createTextContentHashes(Buffer.alloc(32)),
    fileThresholdRows: 50_000,
    callbacks: true,
    runIntake: intake,
    renderUpload: ({ id, counts }) => ({ id, counts }),
    intake: {
      maxBytes: 1_000_000,
      maxRows: 1_000_000,
      maxRecordBytes: 1_000,
      digestKey: Buffer.alloc(32),
    },
    clock,
    ids,
    emit: (name) => void events.push(name),
    owner: 'me',
    wake: () => {
      wakes += 1
    },
  })
  const request = (text: string, about: Partial<UploadRequest> = {}): UploadRequest => ({
    caller,
    contactListId: 'list-1',
    options: uploadOptionsSchema.parse({}),
    format: 'csv',
    fileName: null,
    steps: contactSteps(),
    idempotencyKey: 'key-1',
    method: 'POST',
    path: '/v1/contact-lists/list-1/uploads',
    validateOnly: false,
    body: bodyOf(text),
    ...about,
  })
  return { ...memory, genesys, lists, clock, ids, events, receive, request, wakes: () => wakes }
}

const problem = (code: string) => (error: unknown) =>
  error instanceof GatewayProblem && error.code === code

const nothingRemains = (t: ReturnType<typeof setUp>): void => {
  assert.equal(t.uploads.receiving.size, 0)
  assert.equal(t.uploads.staged.size, 0)
  assert.equal(t.claims.size, 0)
}

describe('receiving an upload', () => {
  it('answers 202 with its place when the rows are staged, and wakes the lanes', async () => {
    const t = setUp()
    const answer = await t.receive(t.request('a\nb\n!c\n'))
    const [id] = [...t.uploads.staged.keys()]
    assert.equal(answer.status, 202)
    assert.equal(answer.location, `/v1/uploads/${id}`)
    assert.equal(answer.replayed, false)
    assert.equal(JSON.parse(answer.body).counts.accepted, 2)
    assert.equal(t.wakes(), 1)
    assert.equal(t.uploads.audits[0]!.action, 'upload.accepted')
  })

  it('replays the stored answer for the same file and refuses another one under the same key', async () => {
    const t = setUp()
    const first = await t.receive(t.request('a\n'))
    const second = await t.receive(t.request('a\n'))
    assert.equal(second.replayed, true)
    assert.equal(second.body, first.body)
    await assert.rejects(t.receive(t.request('b\n')), problem('idempotency-key-reused'))
    const options = uploadOptionsSchema.parse({ duplicates: 'skip' })
    await assert.rejects(
      t.receive(t.request('a\n', { options })),
      problem('idempotency-key-reused'),
    )
    assert.equal(t.uploads.staged.size, 1)
  })

  it('refuses a time that has passed, and replays a call whose time came after it', async () => {
    const t = setUp()
    const inHours = (hours: number) =>
      new Date(t.clock.now().getTime() + hours * 3_600_000).toISOString()
    const options = uploadOptionsSchema.parse({ notBefore: inHours(1) })
    const first = await t.receive(t.request('a\n', { options }))
    await t.clock.advance(2 * 3_600_000)
    const again = await t.receive(t.request('a\n', { options }))
    assert.deepEqual([again.replayed, again.body], [true, first.body])
    const passed = { options, idempotencyKey: 'key-2' }
    await assert.rejects(t.receive(t.request('a\n', passed)), problem('not-before-past'))
    const looked = { ...passed, idempotencyKey: null, validateOnly: true }
    await assert.rejects(t.receive(t.request('a\n', looked)), problem('not-before-past'))
    assert.deepEqual([t.uploads.staged.size, t.claims.size], [1, 1])
  })

  it('says that a call is in progress while another holds the key', async () => {
    const t = setUp()
    t.claims.set('key-1', { owner: 'other', done: null })
    await assert.rejects(t.receive(t.request('a\n')), problem('idempotency-key-in-progress'))
    assert.equal(t.claims.size, 1)
  })

  it('leaves nothing behind when the file is refused or the body breaks off', async () => {
    const t = setUp()
    await assert.rejects(
      t.receive(t.request('a\nrefuse\n')),
      (error) => problem('csv-malformed')(error) && (error as GatewayProblem).about['line'] === 3,
    )
    nothingRemains(t)
    const broken = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('a\n')
      throw new Error('socket closed')
    }
    await assert.rejects(t.receive(t.request('', { body: broken() })), /socket closed/)
    nothingRemains(t)
    assert.deepEqual(t.events, ['upload.discarded', 'upload.discarded'])
  })

  it('leaves nothing behind when an insert fails while the next rows are being read', async () => {
    const t = setUp()
    t.uploads.onAppend = async () => {
      throw new Error('no connection')
    }
    const text = Array.from({ length: 20_000 }, (_, index) => `c${index}`).join('\n')
    await assert.rejects(t.receive(t.request(text)), /no connection/)
    nothingRemains(t)
  })

  it('writes small chunks together, one insert at a time, while parsing goes on', async () => {
    const t = setUp()
    let parsedBeforeFirstInsertEnded = 0
    t.uploads.onAppend = () =>
      new Promise((resolve) =>
        setImmediate(() => {
          parsedBeforeFirstInsertEnded += 1
          resolve()
        }),
      )
    const text = Array.from({ length: 20_000 }, (_, index) => `c${index}`).join('\n')
    await t.receive(t.request(text))
    assert.deepEqual(t.uploads.inserts, [2, 2, 2, 2])
    assert.equal(t.uploads.mostUnderWay, 1)
    assert.equal(parsedBeforeFirstInsertEnded, 4)
  })

  it('keeps upload and claim alive every 10 s, and gives up an upload that was swept', async () => {
    const t = setUp()
    let go: () => void = () => undefined
    const gate = new Promise<void>((resolve) => {
      go = resolve
    })
    const slow = async function* (): AsyncGenerator<Uint8Array> {
      yield Buffer.from('a\n')
      await gate
      yield Buffer.from('b\n')
    }
    const receiving = t.receive(t.request('', { body: slow() }))
    await t.clock.advance(25_000)
    assert.equal(t.uploads.touches, 2)
    t.uploads.receiving.clear()
    await t.clock.advance(10_000)
    go()
    await assert.rejects(receiving, { name: 'GatewayProblem', code: 'database-unavailable' })
    await t.clock.advance(60_000)
    assert.equal(t.uploads.touches, 3)
  })

  it('frees its claim later when the database is away at the end, so that the same key works again', async () => {
    const t = setUp()
    t.genesys.onRead = () => {
      throw new GenesysFailure('unavailable', 'readContactList')
    }
    const release = t.idempotency.release
    let away = true
    t.idempotency.release = (scope) => (away ? Promise.reject(new Error('away')) : release(scope))
    await assert.rejects(t.receive(t.request('a\n')), { code: 'genesys-unavailable' })
    t.genesys.onRead = () => undefined
    await assert.rejects(t.receive(t.request('a\n')), { code: 'idempotency-key-in-progress' })
    away = false
    await t.clock.advance(2_000)
    assert.equal((await t.receive(t.request('a\n'))).status, 202)
  })

  it('uses the list as last seen when Genesys is down, and stages nothing when it was never seen', async () => {
    const t = setUp()
    t.genesys.onRead = () => {
      throw new GenesysFailure('unavailable', 'readContactList')
    }
    await assert.rejects(
      t.receive(t.request('a\n')),
      (error) =>
        problem('genesys-unavailable')(error) && (error as GatewayProblem).retryAfterSeconds! > 0,
    )
    nothingRemains(t)
    await t.lists.put(t.genesys.list)
    t.lists.ageMs = 3_600_000
    assert.equal((await t.receive(t.request('a\n'))).status, 202)
    const read = createReadContactList({ contactLists: t.genesys, lists: t.lists })
    assert.equal((await read(caller, 'list-1')).ageMs, 3_600_000)
  })

  it('tells apart a list that Genesys does not know and a gateway that it refuses', async () => {
    const t = setUp()
    for (const [kind, code] of [
      ['not_found', 'not-found'],
      ['forbidden', 'genesys-refused'],
    ] as const) {
      t.genesys.onRead = () => {
        throw new GenesysFailure(kind, 'readContactList')
      }
      await assert.rejects(t.receive(t.request('a\n')), problem(code))
      nothingRemains(t)
    }
  })

  it('validates without a key and keeps nothing', async () => {
    const t = setUp()
    const answer = await t.receive(
      t.request('a\n!b\n', { validateOnly: true, idempotencyKey: null }),
    )
    assert.equal(answer.status, 200)
    const body = JSON.parse(answer.body)
    assert.equal(body.valid, true)
    assert.equal(body.rejectedRows[0].line, 2)
    assert.equal(body.rejectedRows[0].code, 'phone-invalid')
    nothingRemains(t)
  })

  it('plans by the size that the list has now, not by a copy from before the last delivery', async () => {
    const t = setUp()
    await t.lists.put({ ...t.genesys.list, size: 0 })
    t.genesys.list = { ...t.genesys.list, size: 1 }
    t.register.set('a', { contentHash: Buffer.alloc(32), acceptedSeq: 1 })
    const options = uploadOptionsSchema.parse({ duplicates: 'skip' })
    const answer = await t.receive(t.request('a\n', { validateOnly: true, options }))
    assert.equal(JSON.parse(answer.body).plan.unchanged, 1)
  })

  it('warns in a validation, as in an upload, of an encoding that was guessed', async () => {
    const guessed: RunIntake = async (...given) => {
      const result = await lineIntake(...given)
      const source = { ...result.source, encoding: 'windows-1252', encodingFrom: 'content' }
      return { ...result, source } as typeof result
    }
    const warningsOf = async (intake: RunIntake) => {
      const t = setUp(intake)
      const answer = await t.receive(t.request('a\n', { validateOnly: true }))
      return JSON.parse(answer.body).warnings.map(({ code }: { code: string }) => code)
    }
    assert.deepEqual(await warningsOf(guessed), ['encoding-detected'])
    assert.deepEqual(await warningsOf(lineIntake), [])
  })
})

describe('controlling an upload', () => {
  it('moves it, or says 404 or 409', async () => {
    const t = setUp()
    await t.receive(t.request('a\n'))
    const [uploadId] = [...t.uploads.staged.keys()]
    let wakes = 0
    const control = createControlUpload({
      uploads: t.uploads,
      ids: t.ids,
      emit: (name) => void t.events.push(name),
      wake: () => {
        wakes += 1
      },
    })
    const action = 'cancel' as const
    await assert.rejects(control({ caller, uploadId: 'upl_x', action }), problem('not-found'))
    assert.equal((await control({ caller, uploadId: uploadId!, action })).state, 'cancelled')
    await assert.rejects(
      control({ caller, uploadId: uploadId!, action }),
      problem('state-conflict'),
    )
    assert.equal(wakes, 1)
    assert.equal(t.events.filter((name) => name === 'upload.finished').length, 1)
  })
})
