import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import type { Store } from '../../../src/store/homes/open-store.ts'
import type { LaneClaim } from '../../../src/workflows/ports/delivery/delivery.ts'
import type { JobQueue } from '../../../src/workflows/ports/jobs/jobs.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { fillRegister } from '../../support/stages/sealed-rows.ts'
import { audit, ids, stageUpload } from '../../support/stages/store-uploads.ts'

eachHome('What shared requests of a lane is looked at again', (home) => {
  let store: Store
  let jobs: { id: string; startAfterMs: number }[] = []
  const queue: JobQueue = {
    send: async (name, id, { startAfterMs }) => {
      if (name === 'reconcile') jobs.push({ id, startAfterMs })
    },
  }
  before(async () => {
    store = await openTestStore(await home.fresh())
    store.connectJobs(queue)
    await fillRegister(store, 'look', 0, [])
  })
  after(() => store.close())

  /** Delivers this many uploads of one contact with one request. Returns their ids. */
  const deliver = async (claim: LaneClaim, count: number): Promise<string[]> => {
    const uploads = []
    for (let n = 0; n < count; n += 1)
      uploads.push(await stageUpload(store, { list: 'look', accepted: [`c${n}`] }))
    const id = ids.newUuid()
    await store.delivery.ship(claim, {
      ...{ id, overwrites: [], audit: audit('upload.batch.intended', id) },
      uploads: uploads.map((upload) => ({
        ...{ upload, batchId: ids.newUuid(), rows: 1, sent: Buffer.of(1) },
      })),
    })
    await store.delivery.settleShipment(claim, {
      ...{ shipmentId: id, ended: 'completed', audit: audit('upload.batch.settled', id) },
      uploads: uploads.map((upload, n) => ({
        ...{ uploadId: upload.id, superseded: 0, results: [], confirmed: [] },
        counts: { delivered: 1, unchanged: 0, failed: 0, unprocessed: 0 },
        delivered: [{ contactId: `c${n}`, contentHash: Buffer.alloc(16), line: 2, row: 0 }],
        finished: audit('upload.finished', upload.id),
      })),
    })
    return uploads.map((upload) => upload.id)
  }

  const together = async (id: string): Promise<string[]> =>
    (await store.reconciliations.load(id)).map(({ upload }) => upload.id)

  it('at once after a pause, and what ends within the minute after it by one look', async () => {
    const first = await stageUpload(store, { list: 'look', accepted: ['x'] })
    const claim = (await store.lanes.claim('me'))!
    assert.equal(claim.key, first.laneKey)
    const one = await deliver(claim, 8)
    assert.deepEqual(jobs, [{ id: one.at(-1), startAfterMs: 0 }])
    // The newest five. The other uploads ended in the same request, and are not checked.
    assert.deepEqual(await together(one.at(-1)!), one.slice(-5))
    assert.deepEqual(await together(one[0]!), [])
    jobs = []
    const two = await deliver(claim, 2)
    assert.equal(jobs.length, 1)
    const { id, startAfterMs } = jobs[0]!
    // Moves the check ahead, so that it stays in the future however long this test takes.
    await store.sql.executeSql(`update lane set looks_at = looks_at + interval '1 hour'`)
    await store.sql.executeSql(
      `update upload set reconcile_at = reconcile_at + interval '1 hour' where id = any($1)`,
      [two],
    )
    const three = await deliver(claim, 1)
    assert.equal(jobs.length, 1)
    assert.equal(id, two.at(-1))
    assert.ok(startAfterMs <= 60_000, `${startAfterMs}`)
    assert.deepEqual(await together(three[0]!), [...two, ...three])
    for (let n = 0; n < 12; n += 1) await deliver(claim, 9)
    assert.equal(jobs.length, 1)
    const all = await together(id)
    // Five of each shipment until they fill a read. Of every later shipment, still the newest one.
    assert.equal(all.length, 3 + 10 * 5 + 2)
    await store.reconciliations.postpone(all.slice(0, 3), 'doubt', 5_000)
    assert.deepEqual(await together(all[0]!), all.slice(0, 3))
    assert.equal(jobs.length, 2)
  })
})
