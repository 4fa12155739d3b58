import type { TestContext } from 'node:test'

import { Webhook } from 'standardwebhooks'

import { capabilityToken } from '../../../src/domain/genesys-events/capability-token.ts'
import { SUBSCRIPTIONS, WEBHOOK_PATHS } from '../../../src/domain/genesys-events/genesys-webhook.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { createIds } from '../../../src/lib/ids.ts'
import type { GatewayEvents } from '../../../src/telemetry/events.ts'
import { createReceiveWebhook } from '../../../src/workflows/genesys-events/receive-webhook.ts'
import { createMemoryDncChanges, createMemoryReceipts } from '../memory/memory-receipts.ts'
import { startFakeServer } from './http-fakes.ts'

export const secretOf = (fill: number): string =>
  `whsec_${Buffer.alloc(32, fill).toString('base64')}`

export const SECRET = secretOf(1)

export const OLDER = secretOf(2)

export const TOKEN = capabilityToken(SECRET, 'part-1', 'list-1')

export const EVENT_TOKEN = capabilityToken(
  SECRET,
  SUBSCRIPTIONS.event.part,
  SUBSCRIPTIONS.event.eventType,
)

export const DNC_TOKEN = capabilityToken(
  SECRET,
  SUBSCRIPTIONS.dnc.part,
  SUBSCRIPTIONS.dnc.eventType,
)

export const CALLBACK = {
  contactListId: 'list-1',
  uploadId: 'job-1',
  status: 'success',
  recordsProcessed: 2,
  recordsFailed: 0,
  timestamp: '2026-03-01T12:00:00Z',
}

export const BODY = JSON.stringify(CALLBACK)

/** A server over fakes that accepts webhooks from Genesys, and functions that send them. */
export const startWebhooks = async (t: TestContext) => {
  const receipts = createMemoryReceipts({ 'part-1': 'list-1' })
  const told: GatewayEvents['webhook.received'][] = []
  const dncChanges = createMemoryDncChanges()
  const receive = createReceiveWebhook({
    ...{ receipts, dncChanges, clock: systemClock },
    secrets: [SECRET, OLDER],
    ids: createIds({ clock: systemClock }),
    emit: (name, fields) => {
      if (name === 'webhook.received') told.push(fields as GatewayEvents['webhook.received'])
    },
  })
  const fake = await startFakeServer({
    genesysWebhooks: { receive, secrets: [SECRET, OLDER] },
  })
  t.after(() => fake.app.close())
  const post = (path: string, payload: string | Buffer, headers: Record<string, string> = {}) =>
    fake.app.inject({ method: 'POST', url: path, payload, headers })
  const callback = (payload: string | Buffer, token = TOKEN) =>
    post(`${WEBHOOK_PATHS.callback}?token=${token}`, payload, {
      'content-type': 'application/json',
    })
  const signed = (
    body: string | Buffer,
    about: { secret?: string; at?: number; id?: string; path?: string } = {},
  ) => {
    const { secret = SECRET, at = Date.now(), id = 'msg_1', path = WEBHOOK_PATHS.event } = about
    return post(path, body, {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at / 1000)),
      'webhook-signature': new Webhook(secret).sign(id, new Date(at), body.toString()),
    })
  }
  const dnc = (payload: string, token = DNC_TOKEN) =>
    post(`${WEBHOOK_PATHS.dnc}?token=${token}`, payload)
  return { ...fake, receipts, dncChanges, told, post, callback, signed, dnc }
}
