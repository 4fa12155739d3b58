import type { Config } from '../config.ts'
import { capabilityToken } from '../domain/capability-token.ts'
import { webhookSecretsOf } from '../kept-keys.ts'
import { systemClock } from '../lib/clock.ts'
import { createIds } from '../lib/ids.ts'
import { createReceiveWebhook } from '../workflows/receive-webhook.ts'
import { createVerifyWebhook } from '../workflows/verify-webhook.ts'
import type { Parts } from './parts.ts'

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
    return `${base}/webhook/genesys-upload?token=${encodeURIComponent(token)}`
  }
}

/** What the HTTP border needs to take Genesys' webhooks. */
export const webhooksFromGenesys = ({ config, store, telemetry }: Parts) => {
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
  { store, telemetry }: Parts,
  nudgeLane: (laneKey: string, count: number) => void,
) =>
  createVerifyWebhook({
    receipts: store.receipts,
    nudgeLane,
    ids: createIds({ clock: systemClock }),
    emit: telemetry.emit,
  })
