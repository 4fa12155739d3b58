import assert from 'node:assert/strict'
import { it } from 'node:test'

import { systemClock } from '../../../src/lib/clock.ts'
import { createSlowEndpoints } from '../../../src/sync/slow-endpoints.ts'
import { createSyncDeliverer } from '../../../src/sync/sync-deliverer.ts'
import type { WebhookAnswer } from '../../../src/sync/webhook-transport.ts'
import { eachHome } from '../../support/databases/database.ts'
import { about, endpointSuite } from '../../support/endpoints/endpoint-suite.ts'
import { ids } from '../../support/stages/store-uploads.ts'

/**
 * A CRM moved. Its operator gave the endpoint the new URL, and the old receiver answered 410 to a
 * message that was on its way. The gateway then disabled the endpoint with the new URL, gave up the
 * message, and sent nothing more.
 */
eachHome('An endpoint that gets another URL while a message is on its way', (home) => {
  const at = endpointSuite(home)

  /** Delivers a message while the endpoint gets another URL. Returns where it was sent. */
  const deliverWhileMoved = async (answer: WebhookAnswer) => {
    const endpoint = await at.register()
    const id = await at.deliveryFor(endpoint)
    const urls: string[] = []
    const post = async ({ url }: { url: string }): Promise<WebhookAnswer> => {
      urls.push(url)
      if (urls.length > 1) return { status: 204 }
      const change = { url: 'https://moved.example/x' }
      await at.store.endpoints.change({ ...about(endpoint), version: 1, change })
      return answer
    }
    const deliver = createSyncDeliverer({
      ...{ sync: at.store.sync, transport: { post }, clock: systemClock, ids },
      ...{ random: () => 0, emit: () => {}, slow: createSlowEndpoints() },
      fromMemory: { withinMs: 0, take: () => undefined },
    })
    await deliver(id)
    return { endpoint, id, urls, deliver }
  }

  it('stays enabled if the former URL answers 410, and gets the message at the new URL', async () => {
    const { endpoint, id, urls, deliver } = await deliverWhileMoved({ status: 410 })
    const now = await at.endpointNow(endpoint)
    assert.deepEqual([now.enabled, now.disabledReason], [true, null])
    await deliver(id)
    assert.deepEqual(urls, ['https://hooks.example/x', 'https://moved.example/x'])
    const page = { limit: 10, cursor: null, states: [] }
    const log = await at.store.endpoints.deliveries(endpoint.id, page)
    assert.deepEqual(log?.items[0]?.state, 'delivered')
    const audited = await at.rowsOf<{ action: string }>(
      `select action from audit_entry where request_id = $1 order by id`,
      [id],
    )
    assert.deepEqual(
      audited.map(({ action }) => action),
      ['sync.retried', 'sync.delivered'],
    )
  })

  it('does not count a failure of the former URL', async () => {
    const { endpoint } = await deliverWhileMoved({ status: 500 })
    const now = await at.endpointNow(endpoint)
    assert.deepEqual([now.consecutiveFailures, now.failingSince], [0, null])
  })
})
