import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import type { Caller } from '../../../src/genesys/calls/retry.ts'
import { readJob } from '../../../src/genesys/guide/jobs.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { createWorkingGateway } from '../../support/gateway/working-gateway.ts'
import { ids } from '../../support/stages/store-uploads.ts'

/**
 * A job of Genesys completed with an error, but its count of failed rows was 0 or missing, and the
 * error named no row of the request (its index was too high). The gateway dropped the error and
 * reported every row as delivered.
 */
eachHome('A job with an error about no row of the request', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  for (const count of [{}, { failed: 0 }]) {
    it(`leaves one row failed, without a name (${JSON.stringify(count)})`, async () => {
      const errors = [{ index: 7, code: 'phone.invalid' }]
      const said = { status: 'completed', processed: 2, ...count, errors }
      const call: Caller = async ({ schema }) => schema.parse(said)
      const context = { tenantId: 'default', class: 'poll' as const, retryForMs: 0 }
      const signal = new AbortController().signal
      const job = await readJob(call, 'job-1', { ...context, signal })
      const g = createWorkingGateway(store, `list-${ids.newUuid()}`, { jobs: true })
      g.genesys.onJob = () => job
      const { id } = await g.upload(['a', 'b'].map((contact) => ({ id: contact, note: 'x' })))
      await g.work()
      const { state, counts, problem } = await g.find(id)
      assert.deepEqual(
        [state, counts.delivered, counts.failed, problem?.code],
        ['completed_with_errors', 1, 1, 'failed-rows-unidentified'],
      )
    })
  }
})
