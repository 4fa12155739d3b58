import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { NOTHING_FOUND } from '../../../src/domain/uploads/reconciliation.ts'
import type { Upload } from '../../../src/domain/uploads/upload.ts'
import { keyedDigest } from '../../../src/lib/keyed-digest.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import type { JobQueue } from '../../../src/workflows/ports/jobs/jobs.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import {
  audit,
  beginUpload,
  chunkOf,
  claimKey,
  ids,
  SOURCE,
  stageInput,
  stageUpload,
} from '../../support/stages/store-uploads.ts'

eachHome('What is known of an upload beside its rows', (home) => {
  let store: Store
  const jobs: string[] = []
  const queue: JobQueue = {
    send: async (name, id, { startAfterMs }) => void jobs.push(`${name} ${id} ${startAfterMs}`),
  }
  before(async () => {
    store = await openTestStore(await home.fresh())
    store.connectJobs(queue)
  })
  after(() => store.close())

  /** Stages an upload with the digests that a real one has. */
  const stageReal = async (list: string, accepted: string[], sha256: string): Promise<Upload> => {
    const id = await beginUpload(store, list)
    const digests = accepted.map((contactId) => keyedDigest(store.digestKey, contactId))
    const chunk = { ...chunkOf(0, 2, accepted), idDigests: Buffer.concat(digests) }
    await store.uploads.appendChunks(id, [chunk])
    const key = ids.newUuid()
    await claimKey(store, key)
    const input = { ...stageInput(id, chunk, key), source: { ...SOURCE, sha256 } }
    return (await store.uploads.stage(input)).upload
  }

  /** Delivers the rows of an upload of one chunk as one batch, and ends it. */
  const deliver = async (upload: Upload, accepted: string[]): Promise<Upload> => {
    const claim = await store.lanes.claim('me')
    assert.equal(claim?.key, upload.laneKey)
    await store.delivery.move(claim, upload.id, 'delivering')
    const batchId = ids.newUuid()
    const sent = Buffer.from([2 ** accepted.length - 1])
    const range = { id: batchId, chunkSeq: 0, fromRow: 0, toRow: accepted.length, sent }
    await store.delivery.intend(claim, upload.id, range, audit('upload.batch.intended', batchId))
    await store.delivery.recordTry(claim, batchId)
    await store.delivery.recordTry(claim, batchId)
    await store.delivery.noteJob(claim, batchId, `job-${upload.id}`)
    await store.delivery.settle(claim, {
      uploadId: upload.id,
      batchId,
      counts: { delivered: accepted.length, unchanged: 0, failed: 0, unprocessed: 0 },
      results: [],
      delivered: accepted.map((contactId, row) => ({
        contactId,
        contentHash: Buffer.alloc(16, 1),
        line: row + 2,
        row,
      })),
      audit: audit('upload.batch.settled', batchId),
    })
    const ended = await store.delivery.finish(claim, {
      uploadId: upload.id,
      state: 'completed',
      problem: null,
      audit: audit('upload.finished', upload.id),
    })
    await store.lanes.release(claim, 60_000)
    return ended
  }

  it('names the newest earlier upload of the same file to the same list, in the very answer', async () => {
    const first = await stageReal('same-1', ['a'], 'f1')
    const second = await stageReal('same-1', ['a'], 'f1')
    const third = await stageReal('same-1', ['a'], 'f1')
    const other = await stageReal('same-1', ['a'], 'f2')
    const elsewhere = await stageReal('same-2', ['a'], 'f1')
    assert.deepEqual(
      [first, second, third, other, elsewhere].map(({ sameFileAs }) => sameFileAs),
      [null, first.id, second.id, null, null],
    )
    const { rows } = await store.sql.executeSql(
      `update upload set state = 'cancelled', rows_unprocessed = 1 where contact_list_id like 'same-%' returning id`,
    )
    assert.equal(rows.length, 5)
  })

  it('tells a watcher those uploads whose version is another, and nothing else', async () => {
    const one = await stageUpload(store, { list: 'watch' })
    const two = await stageUpload(store, { list: 'watch' })
    const look = async (...seen: [string, number][]) =>
      (await store.watch.changed(new Map(seen))).map(({ id, version }) => [id, version])
    assert.deepEqual(await look(), [])
    assert.deepEqual(await look([one.id, one.version], [two.id, two.version]), [])
    await store.uploads.control({
      tenantId: 'default',
      uploadId: two.id,
      action: 'cancel',
      audit: audit('upload.controlled', two.id),
    })
    assert.deepEqual(await look([one.id, one.version], [two.id, two.version], ['upl_no', 1]), [
      [two.id, two.version + 1],
    ])
    await store.sql.executeSql(
      `update upload set state = 'cancelled', rows_unprocessed = 2 where id = $1`,
      [one.id],
    )
  })

  it('is to be looked at again once it ended with delivered rows, and has one result', async () => {
    const staged = await stageReal('again', ['a', 'b', 'c'], 'g1')
    assert.equal(staged.reconciliation, null)
    assert.deepEqual(await store.reconciliations.load(staged.id), [])
    const ended = await deliver(staged, ['a', 'b', 'c'])
    const pending = { state: 'pending', checkedAt: null, ...NOTHING_FOUND }
    assert.deepEqual(ended.reconciliation, pending)
    assert.ok(jobs.includes(`reconcile ${ended.id} 0`))
    assert.deepEqual(await store.reconciliations.jobs([ended.id]), [
      { uploadId: ended.id, jobId: `job-${ended.id}`, rows: 3 },
    ])
    assert.deepEqual(await store.reconciliations.overdue(0), [ended.id])
    assert.deepEqual(await store.reconciliations.overdue(60_000), [])

    await store.reconciliations.postpone([ended.id], 'doubt', 5000)
    await store.reconciliations.postpone([ended.id], 'no-answer', 60_000)
    assert.deepEqual(jobs.slice(-2), [`reconcile ${ended.id} 5000`, `reconcile ${ended.id} 60000`])
    assert.deepEqual(await store.reconciliations.overdue(0), [])
    const [open] = await store.reconciliations.load(ended.id)
    assert.deepEqual([open?.tries, open?.doubted, open?.upload.id], [1, true, ended.id])

    const found = { ...NOTHING_FOUND, sampled: 3, differences: { phone: 2 } }
    await store.sync.ensureEnvEndpoints([
      {
        name: 'crm',
        url: 'https://crm.example',
        secret: 'whsec_abc',
        events: ['upload.reconciled'],
      },
    ])
    await store.reconciliations.record(ended.id, { ...found, state: 'differs' })
    const deliveries = await store.sql.executeSql(
      `select event_type, body from sync_delivery where object = $1 and event_type = 'upload.reconciled'`,
      [ended.id],
    )
    assert.equal(deliveries.rows.length, 1, 'endpoints hear of a difference once')
    const entries = await store.sql.executeSql(
      `select distinct content_hash = ''::bytea as doubted from contact_register where upload_id = $1`,
      [ended.id],
    )
    assert.deepEqual(entries.rows, [{ doubted: true }])
    await store.reconciliations.record(ended.id, { ...found, state: 'agrees' })
    const told = await store.uploads.find('default', ended.id)
    assert.equal(told?.version, ended.version + 1)
    const { checkedAt, ...result } = told.reconciliation!
    assert.ok(Date.parse(checkedAt!) >= Date.parse(ended.completedAt!))
    assert.deepEqual(result, { state: 'differs', ...found })
    assert.deepEqual(await store.reconciliations.load(ended.id), [])
    await store.reconciliations.postpone([ended.id], 'doubt', 1)
    assert.deepEqual(await store.reconciliations.overdue(0), [])
  })

  it('says where a contact stands in the uploads of its list, page by page, and what the register knows', async () => {
    const list = 'explained'
    const first = await stageReal(list, ['x', 'me', 'y'], 'h1')
    await deliver(first, ['x', 'me', 'y'])
    const second = await stageReal(list, ['x', 'y'], 'h2')
    const third = await stageReal(list, ['me', 'z', 'me'], 'h3')
    await stageReal('explained-not', ['me'], 'h4')
    const about = { tenantId: 'default', contactListId: list, contactId: 'me', scan: 2 }
    const page = await store.explain.uploadsOf({ ...about, cursor: null })
    assert.deepEqual(
      page?.items.map(({ upload, lines }) => [upload.id, lines]),
      [
        [third.id, [2, 4]],
        [second.id, []],
      ],
    )
    const rest = await store.explain.uploadsOf({ ...about, cursor: page.next })
    assert.deepEqual(
      rest?.items.map(({ upload, lines }) => [upload.id, lines]),
      [[first.id, [3]]],
    )
    assert.equal(rest.next, null)
    const requests = await store.explain.requestsOf(first.id, 3)
    assert.deepEqual(
      requests.map(({ tries, jobId }) => [tries, jobId]),
      [[2, `job-${first.id}`]],
    )
    assert.ok(Date.parse(requests[0]!.lastTriedAt) > 0)
    assert.deepEqual(await store.explain.requestsOf(third.id, 2), [])
    assert.deepEqual(await store.explain.requestsOf(first.id, 99), [])
    assert.equal(await store.explain.uploadsOf({ ...about, cursor: '***' }), null)
    const part = await store.explain.uploadsOf({ ...about, cursor: null, rows: 1 })
    const more = await store.explain.uploadsOf({ ...about, cursor: part!.next, rows: 1 })
    for (const [seen, line] of [
      [part, 4],
      [more, 2],
    ] as const) {
      assert.deepEqual(
        seen?.items.map(({ upload, lines }) => [upload.id, lines]),
        [[third.id, [line]]].concat(seen === more ? [[second.id, []]] : []),
      )
    }
    const each = await store.explain.uploadsOf({ ...about, cursor: null, rowsOfEach: 1 })
    assert.deepEqual([each?.items[0]?.lines, each?.next], [[4], page.next])
    assert.deepEqual(await store.explain.linesOf(third.id, 'me', 1), [4])
    assert.deepEqual(await store.explain.linesOf(third.id, 'me', 9), [2, 4])
    const foreign = await store.explain.uploadsOf({ ...about, tenantId: 'other', cursor: null })
    assert.deepEqual(foreign, { items: [], next: null })

    const { deliveredAt, ...entry } = (await store.explain.registerEntry('default', list, 'me'))!
    assert.ok(Date.parse(deliveredAt) > 0)
    assert.deepEqual(entry, {
      uploadId: first.id,
      line: 3,
      acceptedSeq: first.acceptedSeq,
      inDoubt: false,
    })
    assert.equal(await store.explain.registerEntry('other', list, 'me'), null)
    const clear = async (column: string, seq: number): Promise<unknown> =>
      store.sql.executeSql(
        `insert into list_clearing (list_id, ${column}) values ($1, $2)
          on conflict (list_id) do update set ${column} = excluded.${column}`,
        [list, seq],
      )
    await clear('doubt_seq', first.acceptedSeq! + 1)
    assert.equal((await store.explain.registerEntry('default', list, 'me'))?.inDoubt, true)
    await clear('cleared_seq', first.acceptedSeq! + 1)
    assert.equal(await store.explain.registerEntry('default', list, 'me'), null)
  })
})
