import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'

import type { Store } from '../../../src/store/homes/open-store.ts'
import type { SyncResult } from '../../../src/workflows/ports/endpoints/sync.ts'
import { type OtherSession, openOtherSession } from '../../support/databases/blocked.ts'
import { openTestStore, serverHome } from '../../support/databases/database.ts'
import { audit, ids, stageUpload } from '../../support/stages/store-uploads.ts'

// The embedded home has only one connection, so no statement ever waits for another there.
const server = serverHome()
after(() => server.close())

/**
 * A recorder that has locked its delivery waits for this advisory lock. So a test decides when the
 * recorder goes on.
 */
const PAUSE = `
  create function pause() returns trigger language plpgsql as $$
    begin perform pg_advisory_xact_lock(1); return new; end $$;
  create trigger pause before update on sync_delivery for each row execute function pause()`

/**
 * Found by the fuzzer, twice. The deletion held the endpoint and waited for a delivery. The
 * recorder of that delivery waited for the endpoint. After three such deadlocks in a row, the call
 * was answered with 500. Locking the deliveries first did not help: a delivery can be written while
 * the deletion waits for the endpoint.
 */
describe('An endpoint that is deleted while its deliveries fail', { skip: server.skip }, () => {
  let store: Store
  let recorder: OtherSession
  let writer: OtherSession
  before(async () => {
    const home = await server.fresh()
    assert.ok(home.kind === 'server')
    store = await openTestStore(home)
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    recorder = await openOtherSession(home.url)
    writer = await openOtherSession(home.url)
    await writer.query(PAUSE)
  })
  after(async () => {
    await recorder.close()
    await writer.close()
    await store.close()
  })

  let endpointId: string
  beforeEach(async () => {
    endpointId = ids.newId('whe')
    await store.endpoints.create({
      ...{ id: endpointId, tenantId: 'default', name: endpointId, events: null, most: 100 },
      ...{ url: 'https://hooks.example/', secret: 'whsec_x' },
      audit: audit('endpoint.created', endpointId),
    })
  })

  const deliveryId = async (): Promise<string> => {
    const { rows } = await writer.query<{ id: string }>('select id from sync_delivery')
    return rows[0]!.id
  }
  const remove = () =>
    store.endpoints.remove({
      ...{ tenantId: 'default', endpointId, version: null },
      audit: audit('endpoint.deleted', endpointId),
    })
  const failed = (object: string): SyncResult => ({
    ...{ state: 'pending', status: 500, failure: 'answer', nextInMs: 1000, gone: false },
    audit: audit('sync.retried', object),
    url: 'https://hooks.example/',
    disabledAudit: audit('endpoint.disabled', endpointId),
  })
  const delivered = (object: string): SyncResult => ({
    ...{ state: 'delivered', status: 200 },
    audit: audit('sync.delivered', object),
  })

  /**
   * Deletes the endpoint while another transaction holds it, as one does that writes a delivery.
   * Meanwhile, records a result of a delivery that was written after the deletion began.
   */
  const removedBeside = async (result: typeof failed): Promise<void> => {
    await writer.query('begin')
    await writer.query(`select 1 from sync_endpoint where id = '${endpointId}' for key share`)
    const removed = remove()
    await writer.untilBlocked('sync_endpoint')
    await stageUpload(store, { accepted: [], rejected: 1 })
    const id = await deliveryId()
    await recorder.query('select pg_advisory_lock(1)')
    const recorded = store.sync.record(id, result(id))
    // Both wait: the deletion for the writer, and the recorder for the deletion, or for its pause.
    await recorder.untilBlocked('sync_', 2)
    await writer.query('commit')
    await recorder.query('select pg_advisory_unlock(1)')
    await recorded
    assert.deepEqual(await removed, { kind: 'removed' })
    const { rows } = await writer.query<{ n: number; deadlocks: number }>(
      `select (select count(*)::int from sync_delivery) as n, deadlocks::int from pg_stat_database
        where datname = current_database()`,
    )
    assert.deepEqual(rows[0], { n: 0, deadlocks: 0 })
  }

  it('has its deliveries locked in the order of their ids, and lets others be written meanwhile', async () => {
    for (let upload = 0; upload < 2; upload += 1) {
      await stageUpload(store, { accepted: [], rejected: 1 })
    }
    const { rows } = await writer.query<{ id: string }>('select id from sync_delivery order by id')
    const [first, second] = rows.map(({ id }) => `id = '${id}'`)
    await recorder.query('begin')
    await recorder.query(`select 1 from sync_delivery where ${first} for update`)
    const removed = remove()
    await recorder.untilBlocked('sync_delivery')
    await writer.query(`select 1 from sync_delivery where ${second} for update nowait`)
    await writer.query('select 1 from sync_endpoint for key share nowait')
    await recorder.query('commit')
    assert.deepEqual(await removed, { kind: 'removed' })
  })

  it('is deleted without a deadlock while the failure of a delivery written meanwhile is recorded', () =>
    removedBeside(failed))

  it('is deleted without a deadlock while the success of a delivery written meanwhile ends its failures', async () => {
    await writer.query(
      `update sync_endpoint set consecutive_failures = 1 where id = '${endpointId}'`,
    )
    await removedBeside(delivered)
  })
})
