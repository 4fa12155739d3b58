import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { GenesysFailure } from '../../../../src/domain/genesys/genesys-failure.ts'
import type { GatewayProblem } from '../../../../src/domain/problems/problem.ts'
import { uploadOptionsSchema } from '../../../../src/domain/uploads/upload-options.ts'
import { nothingRemains, problem, setUpReceiving } from '../../../support/stages/receive-stage.ts'

describe('receiving an upload', () => {
  it('answers 202 with its place when the rows are staged, and wakes the lanes', async () => {
    const t = setUpReceiving()
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
    const t = setUpReceiving()
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
    const t = setUpReceiving()
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
    const t = setUpReceiving()
    t.claims.set('key-1', { owner: 'other', done: null })
    await assert.rejects(t.receive(t.request('a\n')), problem('idempotency-key-in-progress'))
    assert.equal(t.claims.size, 1)
  })

  it('leaves nothing behind when the file is refused or the body breaks off', async () => {
    const t = setUpReceiving()
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
    const t = setUpReceiving()
    t.uploads.onAppend = async () => {
      throw new Error('no connection')
    }
    const text = Array.from({ length: 20_000 }, (_, index) => `c${index}`).join('\n')
    await assert.rejects(t.receive(t.request(text)), /no connection/)
    nothingRemains(t)
  })

  it('writes small chunks together, one insert at a time, while parsing goes on', async () => {
    const t = setUpReceiving()
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
    const t = setUpReceiving()
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
    const t = setUpReceiving()
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
})
