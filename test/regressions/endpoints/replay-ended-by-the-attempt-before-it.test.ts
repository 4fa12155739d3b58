import assert from 'node:assert/strict'
import { it } from 'node:test'

import { systemClock } from '../../../src/lib/clock.ts'
import { createSlowEndpoints } from '../../../src/sync/slow-endpoints.ts'
import { createSyncDeliverer } from '../../../src/sync/sync-deliverer.ts'
import { SYNC_SCHEDULE_MS } from '../../../src/sync/sync-schedule.ts'
import type { WebhookAnswer } from '../../../src/sync/webhook-transport.ts'
import { eachHome } from '../../support/databases/database.ts'
import { endpointSuite } from '../../support/endpoints/endpoint-suite.ts'
import { audit, ids } from '../../support/stages/store-uploads.ts'

/**
 * A caller replayed a message while an attempt of the former schedule was in flight. The failure of
 * this attempt then counted for the new schedule: if it was the last attempt, the message was dead
 * before the replay was tried, and otherwise the replay waited for up to a day.
 */
eachHome('A message that is replayed while an attempt is in flight', (home) => {
  const at = endpointSuite(home)

  for (const attempts of [SYNC_SCHEDULE_MS.length, SYNC_SCHEDULE_MS.length - 1]) {
    it(`is tried at once if attempt ${attempts + 1} of the former schedule fails`, async () => {
      const endpoint = await at.register()
      const id = await at.deliveryFor(endpoint)
      await at.rowsOf(`update sync_delivery set attempts = $2 where id = $1`, [id, attempts])
      const about = { tenantId: endpoint.tenantId, endpointId: endpoint.id, deliveryId: id }
      let posts = 0
      const post = async (): Promise<WebhookAnswer> => {
        posts += 1
        if (posts > 1) return { status: 204 }
        const replayed = await at.store.endpoints.replay({
          ...about,
          audit: audit('sync.replayed', id),
        })
        assert.equal(replayed?.kind, 'replayed')
        return { status: 500 }
      }
      const deliver = createSyncDeliverer({
        ...{ sync: at.store.sync, transport: { post }, clock: systemClock, ids },
        ...{ random: () => 0, emit: () => {}, slow: createSlowEndpoints() },
        fromMemory: { take: () => {}, withinMs: 0 },
      })
      const stateOf = async () => {
        const found = `select state, attempts from sync_delivery where id = $1`
        return at.rowsOf<{ state: string; attempts: number }>(found, [id])
      }
      await deliver(id)
      assert.deepEqual(await stateOf(), [{ state: 'pending', attempts: 0 }])
      await deliver(id)
      assert.deepEqual(await stateOf(), [{ state: 'delivered', attempts: 1 }])
    })
  }
})
