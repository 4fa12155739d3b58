import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import type { Store } from '../../../src/store/homes/open-store.ts'
import { createContentHashes } from '../../../src/workflows/delivery/content-hashes.ts'
import type { JobStatus } from '../../../src/workflows/ports/genesys/genesys.ts'
import { createReconcileUpload } from '../../../src/workflows/uploads/reconcile/reconcile-upload.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { createWorkingGateway, type Row } from '../../support/gateway/working-gateway.ts'
import { ids } from '../../support/stages/store-uploads.ts'
import { createManualClock } from '../../support/stages/test-clock.ts'

const rowsOf = (count: number): Row[] =>
  Array.from({ length: count }, (_, n) => ({ id: `c-${n}`, note: 'x' }))

/**
 * A job of an upload failed as a whole, and Genesys reported no counts for it. Its rows were
 * `failed` in the ledger. The reconciliation nevertheless took them for delivered rows that
 * Genesys lost: the upload differed, the CRM and the alert were told, and the register forgot the
 * content of the rows that had arrived.
 *
 * A completed job without `processed` counted as a job that processed no row.
 */
eachHome('The jobs of an upload that is checked in Genesys', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  const setUp = () => {
    const g = createWorkingGateway(store, `list-${ids.newUuid()}`, { jobs: true })
    const reconcile = createReconcileUpload({
      reconciliations: store.reconciliations,
      delivery: store.delivery,
      uploads: store.uploads,
      contactLists: g.genesys,
      lists: store.lists,
      contactReads: null,
      contentHashes: createContentHashes(store.digestKey),
      clock: createManualClock(),
      emit: () => undefined,
      signal: new AbortController().signal,
    })
    /** Checks the upload until the check has a result: a difference is checked twice. */
    const result = async (uploadId: string) => {
      for (let look = 0; look < 2; look += 1) await reconcile(uploadId)
      const { reconciliation } = await g.find(uploadId)
      return [reconciliation?.state, reconciliation?.sampled, reconciliation?.missing]
    }
    return { g, result }
  }
  const failed: JobStatus = { state: 'failed', processed: null, failed: 0, errors: [] }

  it('miss no rows of a job that failed as a whole', async () => {
    const { g, result } = setUp()
    // A batch has three rows. The job of each request with the second batch fails.
    g.genesys.onJob = (job, jobId) => {
      const request = g.genesys.sent[Number(jobId.replace('job-', '')) - 1]
      return request?.contactIds.includes('c-3') ? failed : job
    }
    const { id } = await g.upload(rowsOf(6))
    await g.work()
    const { counts } = await g.find(id)
    assert.deepEqual([counts.delivered, counts.failed], [3, 3])
    assert.deepEqual(await result(id), ['agrees', 3, 0])
  })

  it('say nothing about their rows without a number of processed rows', async () => {
    const { g, result } = setUp()
    g.genesys.onJob = (job) => ({ ...job, processed: null })
    const { id } = await g.upload(rowsOf(3))
    await g.work()
    assert.equal((await g.find(id)).counts.delivered, 3)
    assert.deepEqual(await result(id), ['unavailable', 0, 0])
  })

  it('miss the rows that a completed job does not account for', async () => {
    const { g, result } = setUp()
    const { id } = await g.upload(rowsOf(3))
    await g.work()
    g.genesys.onJob = (job) => ({ ...job, processed: 1 })
    assert.deepEqual(await result(id), ['differs', 3, 2])
  })
})
