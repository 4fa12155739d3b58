import type { AuditEntry } from '../../../domain/audit/audit.ts'
import type { EndpointEventType } from '../../../domain/endpoints/outbound-event.ts'
import type { DeliveryFailure } from '../../../domain/endpoints/webhook-endpoint.ts'

/** A message to one endpoint. The body is fixed when the event happens and never rendered again. */
export type SyncDelivery = {
  /** Also the `webhook-id`: the same on every attempt. */
  id: string
  tenantId: string
  endpointId: string
  url: string
  /** The URL comes from the environment, so it may lead anywhere. */
  trusted: boolean
  /**
   * `whsec_…`, decrypted; the present one first, then the one before it while its overlap lasts.
   */
  secrets: readonly string[]
  eventType: string
  object: string
  body: string
  attempts: number
  createdAt: Date
}

/** `disabledAudit` is written when the failure disables the endpoint. */
export type FailedSync = {
  status: number | null
  failure: DeliveryFailure
  /** The receiver wants no more messages. */
  gone: boolean
  disabledAudit: AuditEntry
}

export type SyncResult =
  | { state: 'delivered'; status: number; audit: AuditEntry }
  | ({ state: 'pending'; nextInMs: number; audit: AuditEntry } & FailedSync)
  | ({ state: 'dead'; audit: AuditEntry } & FailedSync)

/**
 * The effect of an attempt on its endpoint: it is disabled now, or has failed so long that its
 * operators must be notified.
 */
export type EndpointVerdict = {
  kind: 'gone' | 'failing' | 'warn'
  consecutiveFailures: number
  failingMs: number
}

/**
 * Makes the first attempts at deliveries right after they were written, from memory. Leaves to the
 * sweeper what it cannot do in time.
 */
export type FirstAttempts = {
  /**
   * How long the first attempt may take to be recorded; a delivery that is pending longer has lost
   * it.
   */
  readonly withinMs: number
  /** Never throws, never waits. */
  take(deliveries: readonly SyncDelivery[]): void
}

export type SyncStore = {
  /**
   * The endpoints of the environment (`crm`, `dms`, `cdp`) are exactly these, and enabled, after
   * this; tenant `default`.
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
   * null when unknown, no longer pending, not due yet (it was replayed meanwhile), or its endpoint
   * disabled.
   */
  load(deliveryId: string): Promise<SyncDelivery | null>
  /**
   * Records an attempt and its effect on the endpoint's health; `pending` with `nextInMs` sends the
   * next job in the same transaction. null: nothing to report about the endpoint.
   */
  record(deliveryId: string, result: SyncResult): Promise<EndpointVerdict | null>
  /**
   * Ids of pending deliveries whose time passed more than `graceMs` ago, or at all where nothing
   * was recorded of a first attempt: a lost job is found here.
   */
  overdue(graceMs: number): Promise<string[]>
}
