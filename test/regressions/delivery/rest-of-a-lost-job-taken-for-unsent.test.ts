import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { GenesysFailure } from '../../../src/domain/genesys/genesys-failure.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { CALLER, Crash, createWorkingGateway } from '../../support/gateway/working-gateway.ts'
import { ids } from '../../support/stages/store-uploads.ts'

/**
 * Genesys took a request and then lost its job. Before the rows were sent again, one was taken out,
 * because a later upload had delivered its contact. Genesys refused the rest, and the upload
 * failed. Its rows were reported as unsent, although Genesys may have them from the first request.
 */
eachHome('An upload that fails after the job of a request was lost', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  for (const delivery of ['batches', 'file'] as const) {
    it(`does not report its rows as unsent (${delivery})`, async () => {
      const g = createWorkingGateway(store, `list-${ids.newUuid()}`, { jobs: true })
      const control = (uploadId: string, action: 'pause' | 'resume') =>
        g.control({ caller: CALLER, uploadId, action })
      g.genesys.onJob = () => {
        throw new Crash()
      }
      const rows = ['a', 'b', 'c'].map((id) => ({ id, note: 'old' }))
      const upload = await g.upload(rows, { delivery })
      await g.work()
      await control(upload.id, 'pause')
      g.genesys.onJob = (job) => job
      await g.upload([{ id: 'a', note: 'new' }])
      await g.work()
      await control(upload.id, 'resume')
      const refuse = (): never => {
        throw new GenesysFailure('forbidden', 'send-batch', { status: 403 })
      }
      const lost = (): never => {
        throw new GenesysFailure('not_found', 'read-job', { status: 404 })
      }
      Object.assign(g.genesys, { onSend: refuse, onFile: refuse, onJob: lost })
      await g.work()
      const { state, counts } = await g.find(upload.id)
      assert.deepEqual([state, counts.failed, counts.unprocessed], ['failed', 3, 0])
      const ledger = await store.uploads.ledger(upload.id, { outcomes: [], afterLine: 0, limit: 9 })
      assert.deepEqual(
        ledger.rows.map(({ code }) => code),
        ['outcome-unknown', 'outcome-unknown', 'outcome-unknown'],
      )
    })
  }
})
