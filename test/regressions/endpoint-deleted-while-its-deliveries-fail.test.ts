import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import type { Store } from '../../src/store/homes/open-store.ts'
import { type OtherSession, openOtherSession } from '../support/databases/blocked.ts'
import { openTestStore, serverHome } from '../support/databases/database.ts'
import { audit, ids, stageUpload } from '../support/stages/store-uploads.ts'

// The embedded home has only one connection, so no statement ever waits for another there.
const server = serverHome()
after(() => server.close())

/**
 * Found by the fuzzer. The deletion held the endpoint and waited for a delivery. The recorder of
 * that delivery waited for the endpoint. After three such deadlocks in a row, the call was answered
 * with 500.
 */
describe('An endpoint that is deleted while its deliveries fail', { skip: server.skip }, () => {
  let store: Store
  let recorder: OtherSession
  before(async () => {
    const home = await server.fresh()
    assert.ok(home.kind === 'server')
    store = await openTestStore(home)
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    recorder = await openOtherSession(home.url)
  })
  after(async () => {
    await recorder.close()
    await store.close()
  })

  it('is not held by its deletion while the deletion waits for a delivery that is being recorded', async () => {
    const id = ids.newId('whe')
    await store.endpoints.create({
      ...{ id, tenantId: 'default', name: 'crm', url: 'https://hooks.example/', events: null },
      ...{ secret: 'whsec_x', most: 100, audit: audit('endpoint.created', id) },
    })
    await stageUpload(store, { accepted: [], rejected: 1 })
    await recorder.query('begin')
    await recorder.query(`update sync_delivery set attempts = attempts + 1`)
    const removed = store.endpoints.remove({
      ...{ tenantId: 'default', endpointId: id, version: null },
      audit: audit('endpoint.deleted', id),
    })
    await recorder.untilBlocked('sync_delivery')
    await recorder.query('select 1 from sync_endpoint for no key update nowait')
    await recorder.query('commit')
    assert.deepEqual(await removed, { kind: 'removed' })
    const { rows } = await recorder.query<{ n: number }>(
      'select count(*)::int as n from sync_delivery',
    )
    assert.equal(rows[0]!.n, 0)
  })
})
