import type { Config } from '../config.ts'
import { capabilityToken } from '../domain/genesys-events/capability-token.ts'
import {
  SUBSCRIPTION_PART,
  UPLOAD_EVENT_TYPE,
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
 * Where Genesys calls back for a part of an upload, with the token that proves it. null: it cannot, for want of a secret or of an
 * address; the sandbox of this process reaches the address that the gateway listens on.
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

/**
 * The subscription to the end of uploads, at PUBLIC_URL under the current secret. A string says why there is none; completions are
 * polled then.
 */
export const eventSubscriptionOf = ({
  config,
  store,
  genesys,
  telemetry,
}: Essentials): EventSubscription | string => {
  const [secret] = webhookSecretsOf(config)
  if (genesys.subscriptions === null) return 'polling alone: this dialect has no events'
  if (config.publicUrl === null) return 'no subscription: PUBLIC_URL is not set'
  if (secret === undefined) return 'no subscription: WEBHOOK_SECRET is not set'
  const token = capabilityToken(secret, SUBSCRIPTION_PART, UPLOAD_EVENT_TYPE)
  return createEventSubscription({
    genesys: genesys.subscriptions,
    subscriptions: store.subscriptions,
    targetUrl: `${config.publicUrl}${WEBHOOK_PATHS.event}?token=${encodeURIComponent(token)}`,
    clock: systemClock,
    random: Math.random,
    emit: telemetry.emit,
  })
}

/** What the HTTP border needs to take Genesys' webhooks. */
export const webhooksFromGenesys = ({ config, store, telemetry }: Essentials) => {
  const secrets = webhookSecretsOf(config)
  const ids = createIds({ clock: systemClock })
  const { emit } = telemetry
  return {
    receive: createReceiveWebhook({ receipts: store.receipts, secrets, ids, emit }),
    secrets,
  }
}

/** Looks after the receipts; a lane that this process holds hears at once, any other over its lease. */
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
