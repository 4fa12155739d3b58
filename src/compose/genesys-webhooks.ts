import { webhookSecretsOf } from '../kept-keys.ts'
import { systemClock } from '../lib/clock.ts'
import { createIds } from '../lib/ids.ts'
import { createReceiveWebhook } from '../workflows/receive-webhook.ts'
import { createVerifyWebhook } from '../workflows/verify-webhook.ts'
import type { Parts } from './parts.ts'

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
