import type { EndpointEventType } from './outbound-event.ts'

/** Where a receiver of events comes from: the environment, or a tenant that registered it. */
export const ENDPOINT_SOURCES = ['environment', 'registered'] as const
export type EndpointSource = (typeof ENDPOINT_SOURCES)[number]

/**
 * Why an endpoint is disabled. `request`: a caller disabled it. `gone`: it answered 410. `failing`:
 * every attempt failed for days. `not_configured`: the environment variable that named the endpoint
 * no longer does so.
 */
export const DISABLED_REASONS = ['request', 'gone', 'failing', 'not_configured'] as const
export type DisabledReason = (typeof DISABLED_REASONS)[number]

export type WebhookEndpoint = {
  id: string
  tenantId: string
  name: string
  url: string
  source: EndpointSource
  /** null: every event, including the events that later releases add. */
  events: EndpointEventType[] | null
  enabled: boolean
  disabledReason: DisabledReason | null
  /** How many attempts have failed since the last success. */
  consecutiveFailures: number
  failingSince: string | null
  /** When operators were notified of the endpoint's failures. null: they were not notified. */
  warnedAt: string | null
  /** Until this time, messages are also signed with the secret that the last rotation replaced. */
  previousSecretUntil: string | null
  /** A number that grows with every change. It is also the ETag. */
  version: number
  createdAt: string
  updatedAt: string
}

export const DELIVERY_STATES = ['pending', 'delivered', 'dead'] as const
export type DeliveryState = (typeof DELIVERY_STATES)[number]

/**
 * How an attempt failed: the answer was not 2xx, no answer arrived, or the address is forbidden.
 */
export const DELIVERY_FAILURES = ['answer', 'no_answer', 'address_refused'] as const
export type DeliveryFailure = (typeof DELIVERY_FAILURES)[number]

/** One message to one endpoint, as the log of the endpoint shows it. */
export type WebhookDelivery = {
  /** The id of the message, which is also the `webhook-id`. */
  id: string
  eventType: string
  /** The id of what the message is about, for example `upl_…`. */
  object: string
  state: DeliveryState
  attempts: number
  lastStatus: number | null
  lastFailure: DeliveryFailure | null
  createdAt: string
  /** null: no further attempt will be made. */
  nextAt: string | null
}

/**
 * How many endpoints a tenant may register. Each event costs one delivery for each endpoint that
 * has selected it.
 */
export const MOST_ENDPOINTS = 50
/** How long the previous secret stays valid after a rotation. */
export const SECRET_OVERLAP_MS = 24 * 60 * 60 * 1000

const DAY_MS = 24 * 60 * 60 * 1000
/**
 * `WARN_AFTER_MS`: operators are notified when every attempt has failed for this long.
 * `DISABLE_AFTER_MS`: the endpoint is disabled when every attempt has failed for this long (Svix
 * uses 120 h).
 */
const WARN_AFTER_MS = DAY_MS
const DISABLE_AFTER_MS = 5 * DAY_MS
/**
 * The gateway disables an endpoint as `failing` only after this many failed attempts, however much
 * time has passed. One complete schedule of retries has this many attempts. Without this limit, a
 * single failure after days without events would disable an endpoint.
 */
const DISABLE_AFTER_FAILURES = 10

/**
 * What a failed attempt means for its endpoint. null: nothing. A 410 disables the endpoint
 * immediately (Standard Webhooks 1.0). Other failed attempts never disable an endpoint from the
 * environment, because no call could enable it again. (After a 410, a start of the gateway enables
 * such an endpoint again.) The failed deliveries of such an endpoint stay in the log and can be
 * replayed.
 */
export const verdictOnFailure = (about: {
  source: EndpointSource
  gone: boolean
  consecutiveFailures: number
  failingMs: number
  warned: boolean
}): 'gone' | 'failing' | 'warn' | null => {
  if (about.gone) return 'gone'
  const { failingMs, consecutiveFailures } = about
  const worn = failingMs >= DISABLE_AFTER_MS && consecutiveFailures >= DISABLE_AFTER_FAILURES
  if (worn && about.source === 'registered') return 'failing'
  return failingMs >= WARN_AFTER_MS && !about.warned ? 'warn' : null
}
