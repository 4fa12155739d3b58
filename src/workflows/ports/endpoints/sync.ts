import type { AuditEntry } from '../../../domain/audit/audit.ts'
import type { EndpointEventType } from '../../../domain/endpoints/outbound-event.ts'
import type { DeliveryFailure } from '../../../domain/endpoints/webhook-endpoint.ts'

/**
 * A message to one endpoint. The body is fixed when the event happens, so every attempt sends the
 * same bytes.
 */
export type SyncDelivery = {
  /** Also the `webhook-id`: the same on every attempt. */
  id: string
  tenantId: string
  endpointId: string
  url: string
  /** The URL comes from the environment, so it may also point to a private address. */
  trusted: boolean
  /**
   * Decrypted, in the form `whsec_…`: the current secret first, then the previous secret while it
   * is valid.
   */
  secrets: readonly string[]
  eventType: string
  object: string
  body: string
  attempts: number
  createdAt: Date
}

/**
 * An attempt that failed. `url`: where it was sent. `disabledAudit` is written if the failure
 * disables the endpoint.
 */
export type FailedSync = {
  url: string
  /**
   * How many attempts the delivery had before this one. If it has another number by now, a replay
   * has begun a new schedule, and the failure says nothing about it. Left out: not compared.
   */
  attemptsBefore?: number
  status: number | null
  failure: DeliveryFailure
  /** The receiver answered that it wants no more messages. */
  gone: boolean
  disabledAudit: AuditEntry
}

/**
 * The result of one attempt. `pending`: the next attempt follows after `nextInMs`. `dead`: no
 * attempt follows, because the schedule is used up, or because the receiver answered 410.
 */
export type SyncResult =
  | { state: 'delivered'; status: number; audit: AuditEntry }
  | ({ state: 'pending'; nextInMs: number; audit: AuditEntry } & FailedSync)
  | ({ state: 'dead'; audit: AuditEntry } & FailedSync)

/**
 * What a failed attempt did to its endpoint. `gone`, `failing`: the endpoint is disabled now.
 * `warn`: it has failed for so long that operators must be notified.
 */
export type EndpointVerdict = {
  kind: 'gone' | 'failing' | 'warn'
  consecutiveFailures: number
  failingMs: number
}

/**
 * Makes attempts from memory: the first attempt at a delivery, right after the delivery was
 * written, and further attempts at endpoints that answer slowly. Attempts that cannot be made in
 * time are left to the sweep of overdue deliveries.
 */
export type FirstAttempts = {
  /**
   * The attempt is recorded within this time. If a delivery is pending longer without this attempt,
   * the attempt was lost.
   */
  readonly withinMs: number
  /** Accepts deliveries for one attempt. Never throws, never waits. */
  take(deliveries: readonly SyncDelivery[]): void
}

/** Messages for endpoints, and their results. */
export type SyncStore = {
  /**
   * Enables these endpoints from the environment (`crm`, `dms`, `cdp`, `compliance`) for tenant
   * `default`. Disables earlier endpoints from the environment that are missing in `endpoints`.
   */
  ensureEnvEndpoints(
    endpoints: readonly {
      name: string
      url: string
      secret: string
      events: readonly EndpointEventType[]
    }[],
  ): Promise<void>
  /**
   * Loads a delivery for its next attempt. null: there is no such delivery, it is not pending, it
   * is not due yet, or its endpoint is disabled.
   */
  load(deliveryId: string): Promise<SyncDelivery | null>
  /**
   * Records an attempt and its effect on the endpoint. For `pending`, the job for the next attempt
   * is sent in the same transaction. If the delivery is no longer pending, or a failed attempt
   * belongs to an earlier schedule, records nothing. null: this attempt did not disable the
   * endpoint, and operators need no new warning.
   *
   * If the endpoint has another URL by now, the failure says nothing about the endpoint. A delivery
   * that is dead because of a 410 then stays pending, and its next attempt follows immediately.
   */
  record(deliveryId: string, result: SyncResult): Promise<EndpointVerdict | null>
  /**
   * Makes a pending delivery due after `forMs`, because an attempt is made from memory. No job is
   * sent: if the attempt is not recorded by then, the sweeper finds the delivery.
   */
  postpone(deliveryId: string, forMs: number): Promise<void>
  /**
   * The ids of pending deliveries to enabled endpoints whose job may be lost: deliveries that were
   * due more than `graceMs` ago, and deliveries that are due and have had no attempt. At most 500
   * at a time. If there are more, each endpoint gets its share.
   */
  overdue(graceMs: number): Promise<string[]>
}
