import assert from 'node:assert/strict'
import { after, afterEach, before, test } from 'node:test'

import { GUEST_FILE_STATES } from '../../../src/domain/guest-files/guest-file.ts'
import { sha256Hex } from '../../../src/lib/digest.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import type { GuestFilePage } from '../../../src/workflows/ports/guest-files/guest-files.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { createLife, Killed } from '../../support/gateway/kill-points.ts'
import {
  contactTarget,
  createFileStage,
  type FileStage,
} from '../../support/guest-files/file-stage.ts'

const TEXT = 'Please call back on Monday.'

eachHome('Guest files on their way to Genesys', (home) => {
  let store: Store
  let stage: FileStage
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    stage = await createFileStage(store)
  })
  after(async () => {
    await stage.close()
    await store.close()
  })
  afterEach(() => {
    stage.setFaults([])
  })
  const confirmedOf = (contact: string, sha256: string) =>
    stage.sandbox
      .guestFiles()
      .filter(
        (file) => file.confirmed && file.externalContactId === contact && file.sha256 === sha256,
      )
  const piecesOf = async (id: string): Promise<number> => {
    const { rows } = await store.sql.executeSql(
      `select count(*)::int as count from guest_file_piece where guest_file_id = '${id}'`,
    )
    return (rows[0] as { count: number }).count
  }

  test('a file is registered, put, confirmed and followed to its verdict; its bytes are shredded', async () => {
    const id = await stage.send(TEXT)
    assert.equal(await piecesOf(id), 1)
    await stage.work()
    const file = await stage.find(id)
    assert.equal(file.state, 'stored')
    assert.deepEqual(file.genesys, {
      fileId: file.genesys.fileId,
      status: 'completed',
      virusScan: 'passed',
    })
    assert.equal(file.scan.verdict, 'not-configured')
    assert.equal(confirmedOf('demo-guest', file.sha256).length, 1)
    assert.equal(await piecesOf(id), 0)
  })

  test('files of a tenant are listed newest first, by state and by day, a page after the other', async () => {
    const [first, second] = [await stage.send(TEXT), await stage.send(`${TEXT} Again.`)]
    await stage.work()
    const third = await stage.send(`${TEXT} Third.`)
    const page = { limit: 2, cursor: null }
    const ids = async (asked: Partial<GuestFilePage>, tenant = 'default') =>
      (await store.guestFiles.list(tenant, { ...page, ...asked }))?.items.map(({ id }) => id)
    const newest = await store.guestFiles.list('default', page)
    assert.deepEqual(
      newest?.items.map(({ id }) => id),
      [third, second],
    )
    assert.equal((await ids({ cursor: newest.next }))?.[0], first)
    assert.deepEqual(await ids({ state: 'scanning' }), [third])
    assert.deepEqual(await ids({ state: 'stored' }), [second, first])
    const now = new Date()
    const hourAgo = new Date(now.getTime() - 3_600_000)
    assert.deepEqual(await ids({ createdFrom: hourAgo, state: 'scanning' }), [third])
    assert.deepEqual(await ids({ createdTo: hourAgo }), [])
    assert.deepEqual(await ids({}, 'other'), [])
    assert.equal(await store.guestFiles.list('default', { ...page, cursor: '!' }), null)
    await stage.work()
  })

  // Each step is met five times; on the embedded home, which is slower, once.
  const files = home.kind === 'server' ? 100 : 20
  test(`killed before and after every effect, ${files} files are confirmed once each, on the right contact`, async () => {
    for (let at = 0; at < files; at += 1) {
      const contact = at % 2 === 0 ? 'demo-guest' : 'demo-guest-2'
      const content = `file ${at} for ${contact}`
      const id = await stage.send(content, { target: contactTarget(contact) })
      // Killed at a step that moves from file to file: 1 … 20, then without end.
      const life = createLife(1 + (at % 20))
      await assert.doesNotReject(async () => {
        try {
          while ((await stage.workOnce(life)) !== null) continue
        } catch (error) {
          if (!(error instanceof Killed)) throw error
        }
      })
      await stage.freeLeases()
      await stage.work()
      const file = await stage.find(id)
      assert.equal(file.state, 'stored', `file ${at}`)
      const confirmed = confirmedOf(contact, sha256Hex(content))
      assert.deepEqual(
        confirmed.map(({ id: fileId }) => fileId),
        [file.genesys.fileId],
        `file ${at}`,
      )
    }
  })

  const faults: readonly (readonly [string, Parameters<FileStage['setFaults']>[0]])[] = [
    ['a URL that is refused (403)', [{ kind: 'presigned-expired', count: 1 }]],
    ['two URLs that are refused', [{ kind: 'presigned-expired', count: 2 }]],
    [
      'a storage that is away (503)',
      [{ kind: 'status', operation: 'guest-file-storage', status: 503, count: 3 }],
    ],
    ['a transfer that breaks off', [{ kind: 'reset', operation: 'guest-file-storage', count: 2 }]],
    [
      'a transfer whose answer is lost',
      [{ kind: 'executed-then-reset', operation: 'guest-file-storage', count: 2 }],
    ],
    ['half of a file that is stored', [{ kind: 'guest-file-cut', count: 1 }]],
    [
      'a registration whose answer is lost',
      [{ kind: 'executed-then-reset', operation: 'guest-file-register', count: 1 }],
    ],
    [
      'a registration that is throttled',
      [
        {
          kind: 'status',
          operation: 'guest-file-register',
          status: 429,
          count: 2,
          retryAfter: 'seconds',
        },
      ],
    ],
    [
      'a registration without an id',
      [{ kind: 'guest-file-answer', operation: 'guest-file-register', without: ['id'], count: 1 }],
    ],
    [
      'a registration without a URL',
      [
        {
          kind: 'guest-file-answer',
          operation: 'guest-file-register',
          without: ['uploadUrl'],
          count: 1,
        },
      ],
    ],
    [
      'a confirmation whose answer is lost',
      [{ kind: 'executed-then-reset', operation: 'guest-file-confirm', count: 1 }],
    ],
    [
      'a confirmation without an id',
      [{ kind: 'guest-file-answer', operation: 'guest-file-confirm', without: ['id'], count: 1 }],
    ],
    [
      'a confirmation of another file',
      [
        {
          kind: 'guest-file-answer',
          operation: 'guest-file-confirm',
          says: { id: 'another' },
          count: 1,
        },
      ],
    ],
    [
      'a confirmation without a status',
      [
        {
          kind: 'guest-file-answer',
          operation: 'guest-file-confirm',
          without: ['status'],
          count: 1,
        },
      ],
    ],
    [
      'a confirmation with a word that nobody knows',
      [
        {
          kind: 'guest-file-answer',
          operation: 'guest-file-confirm',
          says: { status: 'DONE!' },
          count: 1,
        },
      ],
    ],
    ['a Genesys that is away for long', [{ kind: 'status', status: 503, count: 40 }]],
  ]
  for (const [what, plan] of faults) {
    test(`after ${what} the file is there once`, async () => {
      const content = `content after ${what}`
      const id = await stage.send(content)
      stage.setFaults(plan)
      await stage.work()
      const file = await stage.find(id)
      assert.deepEqual([file.state, file.problem, file.hold], ['stored', null, null])
      assert.deepEqual(
        confirmedOf('demo-guest', sha256Hex(content)).map((found) => found.id),
        [file.genesys.fileId],
      )
    })
  }

  test('an unknown contact fails the file, and names the right that may be missing', async () => {
    const id = await stage.send(TEXT, { target: contactTarget('nobody') })
    await stage.work()
    const { state, problem } = await stage.find(id)
    assert.deepEqual([state, problem?.code], ['failed', 'external-contact-refused'])
    assert.equal(await piecesOf(id), 0)
  })

  test('a 403 of the API fails the file, a 413 rejects it', async () => {
    for (const [status, state, code] of [
      [403, 'failed', 'external-contact-refused'],
      [413, 'rejected', 'file-too-large-for-genesys'],
      [400, 'failed', 'file-refused-by-genesys'],
    ] as const) {
      const id = await stage.send(TEXT)
      stage.setFaults([{ kind: 'status', operation: 'guest-file-register', status, count: 1 }])
      await stage.work()
      const file = await stage.find(id)
      assert.deepEqual([file.state, file.problem?.code], [state, code])
    }
  })

  test('an outage holds a file and never fails it', async () => {
    const id = await stage.send(TEXT)
    stage.setFaults([{ kind: 'status', status: 503 }])
    await stage.work(10)
    const { state, hold } = await stage.find(id)
    assert.deepEqual([state, hold?.reason], ['held', 'genesys_unavailable'])
    stage.setFaults([])
    await stage.work()
    assert.equal((await stage.find(id)).state, 'stored')
  })

  test('a storage that holds other bytes three times fails the file', async () => {
    const id = await stage.send(TEXT)
    stage.setFaults([{ kind: 'guest-file-cut' }])
    await stage.work()
    const { state, problem } = await stage.find(id)
    assert.deepEqual([state, problem?.code], ['failed', 'file-transfer-corrupt'])
  })

  test('a URL of another host gets nothing', async () => {
    const id = await stage.send(TEXT)
    stage.setFaults([{ kind: 'guest-file-host', origin: 'https://evil.example' }])
    await stage.work()
    const { state, problem } = await stage.find(id)
    assert.deepEqual([state, problem?.code], ['failed', 'file-refused-by-genesys'])
  })

  test('a URL older than 10 minutes is not used', async () => {
    const id = await stage.send(TEXT)
    const life = createLife(7)
    await assert.rejects(stage.workOnce(life), Killed)
    const registered = stage.sandbox.guestFiles().length
    stage.clock.skip(11 * 60_000)
    await stage.freeLeases()
    await stage.work()
    assert.equal(stage.sandbox.guestFiles().length, registered + 1)
    assert.equal((await stage.find(id)).progress.urls, 2)
  })

  const verdicts: readonly (readonly [string | null, number, string, string])[] = [
    ['passed', 0, 'stored', 'passed'],
    ['passed', 3_600_000, 'stored', 'passed'],
    ['infected', 0, 'quarantined', 'infected'],
    ['failed', 3_600_000, 'quarantined', 'failed'],
    ['CLEAN', 0, 'stored', 'pending'],
    [null, 0, 'stored', 'pending'],
  ]
  for (const [word, afterMs, state, virusScan] of verdicts) {
    test(`a verdict "${word}" after ${afterMs} ms ends in ${state}, ${virusScan}`, async () => {
      const id = await stage.send(`verdict ${word} ${afterMs}`)
      stage.setFaults([{ kind: 'guest-file-verdict', word, afterMs, count: 1 }])
      await stage.work(1000)
      const file = await stage.find(id)
      assert.deepEqual([file.state, file.genesys.virusScan], [state, virusScan])
      const late = stage.told.some(
        ({ name, fields }) => name === 'guest_file.verdict_late' && fields['guestFileId'] === id,
      )
      assert.equal(late, virusScan === 'pending')
    })
  }

  test('a state that the table does not have cannot be written', async () => {
    const id = await stage.send(TEXT)
    const claimed = (await store.guestFiles.claim('worker'))!
    assert.equal(claimed.file.id, id)
    await assert.rejects(store.guestFiles.step(claimed.claim, { state: 'stored' }), /cannot go/u)
    assert.ok(!(GUEST_FILE_STATES.scanning.next as readonly string[]).includes('stored'))
    await store.guestFiles.release(claimed.claim, 0)
    await stage.work()
  })

  test('a worker whose file another one has writes nothing', async () => {
    await stage.send(TEXT)
    const first = (await store.guestFiles.claim('first'))!
    await stage.freeLeases()
    const second = (await store.guestFiles.claim('second'))!
    assert.equal(second.file.id, first.file.id)
    await assert.rejects(store.guestFiles.step(first.claim, { state: 'uploading' }), {
      name: 'FenceLost',
    })
    await store.guestFiles.release(second.claim, 0)
    await stage.work()
  })

  test('the same key and bytes are the same file, other bytes are refused', async () => {
    const idempotencyKey = 'the-same-key'
    const id = await stage.send(TEXT, { idempotencyKey })
    assert.equal(await stage.send(TEXT, { idempotencyKey }), id)
    await assert.rejects(stage.send('other', { idempotencyKey }), {
      code: 'idempotency-key-reused',
    })
    await stage.work()
  })

  test('bytes and names lie sealed in the database, and what was broken off is swept', async () => {
    const id = await stage.send('canary-content-in-the-clear', { fileName: 'canary-name.txt' })
    for (const table of ['guest_file', 'guest_file_piece', 'audit_entry']) {
      const { rows } = await store.sql.executeSql(`select t::text as row from ${table} t`)
      const text = JSON.stringify(rows)
      const hex = Buffer.from('canary-').toString('hex')
      assert.ok(!text.includes('canary-') && !text.includes(hex), table)
    }
    await stage.work()
    await store.guestFiles.begin({
      ...(await stage.find(id)),
      id: 'gf_left',
      owner: 'me',
    })
    assert.equal(await store.guestFiles.sweepReceiving(60_000), 0)
    assert.equal(await store.guestFiles.sweepReceiving(0), 1)
  })
})
