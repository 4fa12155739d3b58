import type { EndpointEventType } from './outbound-event.ts'

/** A receiver of events: from the environment, or registered by a tenant. */
export const ENDPOINT_SOURCES = ['environment', 'registered'] as const
export type EndpointSource = (typeof ENDPOINT_SOURCES)[number]

/**
 * Why an endpoint is disabled: a caller's request, its own 410, days of failures only, or a start
 * of the gateway whose environment no longer names it.
 */
export const DISABLED_REASONS = ['request', 'gone', 'failing', 'not_configured'] as const
export type DisabledReason = (typeof DISABLED_REASONS)[number]

export type WebhookEndpoint = {
  id: string
  tenantId: string
  name: string
  url: string
  source: EndpointSource
  /** null: every event, those of later releases included. */
  events: EndpointEventType[] | null
  enabled: boolean
  disabledReason: DisabledReason | null
  /** Failed attempts since the last one that was taken. */
  consecutiveFailures: number
  failingSince: string | null
  /** When the operators were notified of its failures. null: they were not. */
  warnedAt: string | null
  /** Until then messages are signed with the secret before the last rotation too. */
  previousSecretUntil: string | null
  /** Grows with every change; the ETag. */
  version: number
  createdAt: string
  updatedAt: string
}

export const DELIVERY_STATES = ['pending', 'delivered', 'dead'] as const
export type DeliveryState = (typeof DELIVERY_STATES)[number]

/** How an attempt failed: an answer other than 2xx, no answer in time, or a forbidden address. */
export const DELIVERY_FAILURES = ['answer', 'no_answer', 'address_refused'] as const
export type DeliveryFailure = (typeof DELIVERY_FAILURES)[number]

/** One message to one endpoint, as its log shows it. */
export type WebhookDelivery = {
  /** Also the `webhook-id`. */
  id: string
  eventType: string
  /** What it is about, for example `upl_…`. */
  object: string
  state: DeliveryState
  attempts: number
  lastStatus: number | null
  lastFailure: DeliveryFailure | null
  createdAt: string
  /** null when no attempt is to come. */
  nextAt: string | null
}

/** Endpoints that a tenant may register; each event costs one delivery for each of them. */
export const MOST_ENDPOINTS = 50
/** How long the older secret signs beside the new one after a rotation. */
export const SECRET_OVERLAP_MS = 24 * 60 * 60 * 1000

const DAY_MS = 24 * 60 * 60 * 1000
/**
 * How long an endpoint may only fail before its operators are notified. After the second time it is
 * disabled (Svix disables after 120 h).
 */
const WARN_AFTER_MS = DAY_MS
const DISABLE_AFTER_MS = 5 * DAY_MS
/**
 * And never before a whole schedule of attempts failed, so that a rare event's one failure after
 * quiet days is not enough.
 */
const DISABLE_AFTER_FAILURES = 10

/**
 * What a failed attempt means for its endpoint. A 410 disables it immediately (Standard Webhooks
 * 1.0). An endpoint of the environment is not disabled for failing, because no call could enable it
 * again. Its deliveries stay in the log and can be replayed.
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
