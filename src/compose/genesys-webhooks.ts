import type { Config } from '../config.ts'
import { capabilityToken } from '../domain/genesys-events/capability-token.ts'
import {
  SUBSCRIPTIONS,
  type SubscribedRoute,
  WEBHOOK_PATHS,
} from '../domain/genesys-events/genesys-webhook.ts'
import { webhookSecretsOf } from '../kept-keys.ts'
import { systemClock } from '../lib/clock.ts'
import { createIds } from '../lib/ids.ts'
import { createReceiveWebhook } from '../workflows/genesys-events/receive-webhook.ts'
import {
  createEventSubscription,
  type EventSubscription,
} from '../workflows/genesys-events/subscribe-to-events.ts'
import { createVerifyWebhook } from '../workflows/genesys-events/verify-webhook.ts'
import type { Essentials } from './essentials.ts'

/**
 * Builds the URL that Genesys calls for a part of an upload, with the token that authenticates the
 * call. null if the secret or the public address is missing. For the sandbox in this process, the
 * address on which the gateway listens suffices.
 */
export const callbackUrlOf = (
  config: Config,
  address: string,
): ((partId: string, listId: string) => string) | null => {
  const [secret] = webhookSecretsOf(config)
  const base = config.publicUrl ?? (config.genesys.kind === 'sandbox' ? address : null)
  if (secret === undefined || base === null) return null
  return (partId, listId) => {
    const token = capabilityToken(secret, partId, listId)
    return `${base}${WEBHOOK_PATHS.callback}?token=${encodeURIComponent(token)}`
  }
}

const allOf = (subscriptions: readonly EventSubscription[]): EventSubscription => ({
  start: () => {
    for (const one of subscriptions) one.start()
  },
  status: () => subscriptions.map((one) => one.status()).join('; '),
  stop: async () => {
    await Promise.all(subscriptions.map((one) => one.stop()))
  },
})

/**
 * The subscriptions to Genesys' events, with PUBLIC_URL and the current secret. A string: the
 * reason why there are no subscriptions.
 */
export const eventSubscriptionOf = (essentials: Essentials): EventSubscription | string => {
  const { config, genesys } = essentials
  const [secret] = webhookSecretsOf(config)
  if (genesys.subscriptions === null) return 'polling only: this dialect has no events'
  if (config.publicUrl === null) return 'no subscription: PUBLIC_URL is not set'
  if (secret === undefined) return 'no subscription: WEBHOOK_SECRET is not set'
  const { subscriptions } = genesys
  const { publicUrl } = config
  return allOf(
    (Object.keys(SUBSCRIPTIONS) as SubscribedRoute[]).map((route) => {
      const { part, eventType } = SUBSCRIPTIONS[route]
      const token = capabilityToken(secret, part, eventType)
      return createEventSubscription({
        route,
        genesys: subscriptions,
        subscriptions: essentials.store.subscriptions,
        targetUrl: `${publicUrl}${WEBHOOK_PATHS[route]}?token=${encodeURIComponent(token)}`,
        clock: systemClock,
        random: Math.random,
        emit: essentials.telemetry.emit,
      })
    }),
  )
}

/** What the HTTP layer needs to receive Genesys' webhooks. */
export const webhooksFromGenesys = ({ config, store, telemetry }: Essentials) => {
  const secrets = webhookSecretsOf(config)
  const ids = createIds({ clock: systemClock })
  const { emit } = telemetry
  return {
    receive: createReceiveWebhook({
      receipts: store.receipts,
      dncChanges: store.dncChanges,
      clock: systemClock,
      ...{ secrets, ids, emit },
    }),
    secrets,
  }
}

/**
 * Processes receipts. Nudges a lane immediately if this process holds it. The holder of any other
 * lane finds the nudge through the database, at the latest when it renews its lease.
 */
export const verifierOfWebhooks = (
  { store, telemetry }: Essentials,
  nudgeLane: (laneKey: string, count: number) => void,
) =>
  createVerifyWebhook({
    receipts: store.receipts,
    nudgeLane,
    ids: createIds({ clock: systemClock }),
    emit: telemetry.emit,
  })
