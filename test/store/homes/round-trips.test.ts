import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import pg from 'pg'

import type { Store } from '../../../src/store/homes/open-store.ts'
import { openTestStore, serverHome } from '../../support/databases/database.ts'
import { audit, ids, stageUpload } from '../../support/stages/store-uploads.ts'

/** Counts the statements that `work` sends, including those that begin and end a transaction. */
const roundTrips = async (work: () => Promise<unknown>): Promise<number> => {
  const { prototype } = pg.Client
  const query = prototype.query
  let count = 0
  prototype.query = function (this: pg.Client, ...args: Parameters<typeof query>) {
    count += 1
    return query.apply(this, args)
  } as typeof query
  try {
    await work()
  } finally {
    prototype.query = query
  }
  return count
}

const home = serverHome()

describe('A delivered batch', { skip: home.skip }, () => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(async () => {
    await store.close()
    await home.close()
  })

  it('waits for the database once a step, and longer where a transaction decides', async () => {
    const { uploads, delivery } = store
    const upload = await stageUpload(store, { accepted: ['a', 'b'] })
    // At a tenant's first try, the store gives the tenant an epoch that can be locked.
    await store.sql.executeSql(`insert into suppression_epoch (tenant_id) values ('default')`)
    const claim = await store.lanes.claim('me')
    assert.ok(claim)
    const batch = { id: ids.newUuid(), chunkSeq: 0, fromRow: 0, toRow: 2, sent: Buffer.of(3) }
    const row = { contentHash: Buffer.alloc(16, 1), line: 2, row: 0 }
    const settlement = {
      uploadId: upload.id,
      batchId: batch.id,
      counts: { delivered: 1, unchanged: 0, failed: 1, unprocessed: 0 },
      results: [{ line: 3, chunkSeq: 0, outcome: 'failed', code: 'genesys-refused', column: null }],
      delivered: [{ ...row, contactId: 'a' }],
      audit: audit('upload.batch.settled', batch.id),
    } as const
    const intended = audit('upload.batch.intended', batch.id)
    const steps: [string, number, () => Promise<unknown>][] = [
      ['read the chunk', 1, () => uploads.readChunk(upload.id, 0)],
      ['look its contacts up', 1, () => delivery.registered('default', 'list-1', ['a', 'b'])],
      ['look for what was added', 1, () => store.suppressions.suppressedIn(upload.id, 0)],
      ['intend', 1, () => delivery.intend(claim, upload.id, batch, intended, ['a'])],
      ['record the try', 3, () => delivery.recordTry(claim, batch.id)],
      ['note the job', 1, () => delivery.noteJob(claim, batch.id, 'job')],
      ['settle', 4, () => delivery.settle(claim, settlement)],
    ]
    const counted: [string, number][] = []
    for (const [name, , step] of steps) counted.push([name, await roundTrips(step)])
    assert.deepEqual(
      counted,
      steps.map(([name, count]) => [name, count]),
    )
    assert.deepEqual((await store.delivery.batches(upload.id))[0]?.jobId, 'job')
  })
})
