import { sql } from 'kysely'

import type { EndpointEventType } from '../../domain/endpoints/outbound-event.ts'
import type {
  DeliveryFailure,
  DeliveryState,
  DisabledReason,
  EndpointSource,
  WebhookDelivery,
  WebhookEndpoint,
} from '../../domain/endpoints/webhook-endpoint.ts'

export type EndpointRow = {
  id: string
  tenant_id: string
  name: string
  url: string
  source: EndpointSource
  events: EndpointEventType[] | null
  enabled: boolean
  disabled_reason: DisabledReason | null
  consecutive_failures: number
  failing_since: Date | null
  warned_at: Date | null
  previous_secret_until: Date | null
  version: number
  created_at: Date
  updated_at: Date
}

/** The columns of an `EndpointRow`. `previous_secret_until` is null when that time has passed. */
export const ENDPOINT_COLUMNS = sql`id, tenant_id, name, url, source, events, enabled, disabled_reason, consecutive_failures,
  failing_since, warned_at, version, created_at, updated_at,
  case when previous_secret_until > clock_timestamp() then previous_secret_until end as previous_secret_until`

/** Makes an endpoint from a row, without its secrets. Times become ISO 8601 UTC. */
export const toEndpoint = (row: EndpointRow): WebhookEndpoint => ({
  id: row.id,
  tenantId: row.tenant_id,
  name: row.name,
  url: row.url,
  source: row.source,
  events: row.events,
  enabled: row.enabled,
  disabledReason: row.disabled_reason,
  consecutiveFailures: row.consecutive_failures,
  failingSince: row.failing_since?.toISOString() ?? null,
  warnedAt: row.warned_at?.toISOString() ?? null,
  previousSecretUntil: row.previous_secret_until?.toISOString() ?? null,
  version: row.version,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
})

export type DeliveryLogRow = {
  id: string
  event_type: string
  object: string
  state: DeliveryState
  attempts: number
  last_status: number | null
  last_failure: DeliveryFailure | null
  created_at: Date
  next_at: Date
}

export const DELIVERY_LOG_COLUMNS = sql`id, event_type, object, state, attempts, last_status, last_failure, created_at, next_at`

/**
 * Makes an entry of the delivery log from a row, without the body. `nextAt` is null if no further
 * attempt is planned.
 */
export const toDelivery = (row: DeliveryLogRow): WebhookDelivery => ({
  id: row.id,
  eventType: row.event_type,
  object: row.object,
  state: row.state,
  attempts: row.attempts,
  lastStatus: row.last_status,
  lastFailure: row.last_failure,
  createdAt: row.created_at.toISOString(),
  nextAt: row.state === 'pending' ? row.next_at.toISOString() : null,
})

/** The purpose for which an endpoint's secrets are sealed. */
export const secretContext = (tenantId: string, name: string): string =>
  `endpoint:${tenantId}:${name}`
