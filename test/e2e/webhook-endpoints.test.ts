import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'

import type {
  WebhookDelivery,
  WebhookEndpoint,
} from '../../src/domain/endpoints/webhook-endpoint.ts'
import { eachHome } from '../support/databases/database.ts'
import { startCrmReceiver } from '../support/gateway/crm-receiver.ts'
import type { GatewayClient } from '../support/gateway/gateway-client.ts'
import { cleanFile } from '../support/stages/contact-file.ts'
import { setStage } from '../support/stages/stage.ts'

const ENDPOINTS = '/v1/webhook-endpoints'
/** Genesys runs inside the gateway. Only then may an endpoint be registered on loopback. */
const SIMULATED = {
  GENESYS_SANDBOX: 'true',
  GENESYS_CLIENT_ID: '',
  GENESYS_CLIENT_SECRET: '',
  GENESYS_API_URL: '',
  GENESYS_LOGIN_URL: '',
}
const json = (
  method: string,
  body: unknown,
  headers: Record<string, string> = {},
): RequestInit => ({
  method,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(body),
})

const createEndpointsClient = (client: GatewayClient, id: string) => ({
  get: async () => (await client.call<WebhookEndpoint>(`${ENDPOINTS}/${id}`)).body,
  rotate: async () =>
    (await client.call<{ secret: string }>(`${ENDPOINTS}/${id}/rotate-secret`, { method: 'POST' }))
      .body.secret,
  log: async () =>
    (await client.call<{ items: WebhookDelivery[] }>(`${ENDPOINTS}/${id}/deliveries`)).body.items,
  replay: async (deliveryId: string) =>
    client.call<WebhookDelivery>(`${ENDPOINTS}/${id}/deliveries/${deliveryId}/replay`, {
      method: 'POST',
    }),
})

eachHome('A registered endpoint', (home) => {
  test('hears of an upload, goes through a rotation, and after its own 410 nothing more until it is enabled', async () => {
    const stage = await setStage(await home.fresh(), 'guide')
    const billing = await startCrmReceiver()
    try {
      const gateway = await stage.gateway({ ALLOW_HTTP_HOSTS: '127.0.0.1', ...SIMULATED })
      const { client } = gateway
      const body = { name: 'billing', url: billing.url, events: ['upload.completed'] }
      const made = await client.call<WebhookEndpoint & { secret: string }>(
        ENDPOINTS,
        json('POST', body),
      )
      assert.equal(made.status, 201, made.text)
      const endpoint = createEndpointsClient(client, made.body.id)
      billing.trust(made.body.secret)

      const upload = await client.upload('demo-contacts', cleanFile({ rows: 20 }).csv)
      const message = await billing.message(({ data }) => data.uploadId === upload.body.id)
      assert.equal(message.type, 'upload.completed')
      await gateway.event('sync.attempted', (line) => line['endpointId'] === made.body.id)
      const attempts = () => gateway.events('sync.attempted').length
      const attempted = async (work: () => Promise<unknown>, outcome: string) => {
        const before = attempts()
        await work()
        await gateway.event('sync.attempted', (line) => {
          const at = gateway.events('sync.attempted').indexOf(line)
          return (
            (at < 0 || at >= before) &&
            line['endpointId'] === made.body.id &&
            line['outcome'] === outcome
          )
        })
      }
      const replay = async () => assert.equal((await endpoint.replay(message.id)).status, 202)

      const newer = await endpoint.rotate()
      await attempted(replay, 'delivered')
      billing.trust(newer)
      await attempted(replay, 'delivered')
      assert.deepEqual(
        billing.heard.map(({ id }) => id),
        [message.id, message.id, message.id],
      )
      assert.equal(billing.forged, 0)

      billing.refuseNext(1, 410)
      await attempted(replay, 'dead')
      await gateway.event('sync.endpoint_disabled')
      const off = await endpoint.get()
      assert.deepEqual([off.enabled, off.disabledReason], [false, 'gone'])
      const [dead] = await endpoint.log()
      assert.deepEqual([dead?.id, dead?.state, dead?.lastStatus], [message.id, 'dead', 410])
      assert.equal((await endpoint.replay(message.id)).status, 409)
      const enabled = await client.call(
        `${ENDPOINTS}/${made.body.id}`,
        json('PATCH', { enabled: true }, { 'if-match': `"${off.version}"` }),
      )
      assert.equal(enabled.status, 200, enabled.text)
      await attempted(replay, 'delivered')
      assert.equal(billing.heard.length, 4)
      assert.ok(!gateway.output.some((line) => /whsec_|genesys-events/.test(line)))
    } finally {
      await billing.close()
      await stage.close()
    }
  })

  test('at an inner address is refused, and the CRM of the environment is shown with its log', async () => {
    const stage = await setStage(await home.fresh(), 'guide')
    try {
      const { client } = await stage.gateway({ ALLOW_HTTP_HOSTS: '127.0.0.1,localhost' })
      for (const url of [stage.crm.url, 'https://127.0.0.1/hook', 'https://localhost/hook']) {
        const answer = await client.call<{ code: string }>(
          ENDPOINTS,
          json('POST', { name: randomUUID(), url }),
        )
        assert.deepEqual([answer.status, answer.body.code], [422, 'webhook-url-refused'])
      }
      const { body } = await client.call<{ items: WebhookEndpoint[] }>(ENDPOINTS)
      assert.deepEqual(
        body.items.map(({ name, source }) => [name, source]),
        [['crm', 'environment']],
      )
      const upload = await client.upload('demo-contacts', cleanFile({ rows: 5 }).csv)
      const message = await stage.crm.message(({ data }) => data.uploadId === upload.body.id)
      const log = await createEndpointsClient(client, body.items[0]!.id).log()
      assert.deepEqual([log[0]?.id, log[0]?.object], [message.id, upload.body.id])
    } finally {
      await stage.close()
    }
  })
})
