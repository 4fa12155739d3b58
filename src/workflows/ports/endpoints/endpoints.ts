import type { AuditEntry } from '../../../domain/audit/audit.ts'
import type { EndpointEventType } from '../../../domain/endpoints/outbound-event.ts'
import type {
  DeliveryState,
  WebhookDelivery,
  WebhookEndpoint,
} from '../../../domain/endpoints/webhook-endpoint.ts'
import type { Page } from '../uploads/uploads.ts'

/** null members stay as they are. */
export type EndpointChange = {
  url?: string
  events?: EndpointEventType[] | null
  enabled?: boolean
}

/** `fixed`: it comes from the environment. null: the tenant has no such endpoint. */
type Refused = { kind: 'fixed' } | { kind: 'stale' } | null

/**
 * The endpoints of tenants and the log of what was sent to them. Every change is written together
 * with its audit entry.
 */
export type EndpointStore = {
  create(input: {
    id: string
    tenantId: string
    name: string
    url: string
    events: EndpointEventType[] | null
    /** `whsec_…`; kept sealed. */
    secret: string
    /** Endpoints that the tenant may have at most. */
    most: number
    audit: AuditEntry
  }): Promise<
    { kind: 'created'; endpoint: WebhookEndpoint } | { kind: 'name_taken' } | { kind: 'too_many' }
  >
  find(tenantId: string, endpointId: string): Promise<WebhookEndpoint | null>
  /** Newest first; an unreadable cursor gives null. */
  list(
    tenantId: string,
    page: { limit: number; cursor: string | null },
  ): Promise<Page<WebhookEndpoint> | null>
  /**
   * `stale`: the version is no longer `version`. Enabling forgets the failures; what was pending
   * when it was disabled is sent then, by the sweep of overdue deliveries.
   */
  change(input: {
    tenantId: string
    endpointId: string
    version: number
    change: EndpointChange
    audit: AuditEntry
  }): Promise<{ kind: 'changed'; endpoint: WebhookEndpoint } | Refused>
  /**
   * Deletes the endpoint, its secrets and its log; the audit entry counts the deliveries that were
   * given up.
   */
  remove(input: {
    tenantId: string
    endpointId: string
    /** null: whatever version it has. */
    version: number | null
    audit: AuditEntry
  }): Promise<{ kind: 'removed' } | Refused>
  /**
   * The present secret becomes the previous one, for `overlapMs` from now; an older previous one
   * ends immediately.
   */
  rotate(input: {
    tenantId: string
    endpointId: string
    secret: string
    overlapMs: number
    audit: AuditEntry
  }): Promise<{ kind: 'rotated'; endpoint: WebhookEndpoint } | Refused>
  /**
   * Newest first, of an endpoint that the caller has found before; an unreadable cursor gives null.
   */
  deliveries(
    endpointId: string,
    page: { limit: number; cursor: string | null; states: readonly DeliveryState[] },
  ): Promise<Page<WebhookDelivery> | null>
  /**
   * Writes an `endpoint.test` to this endpoint alone, whatever it hears. null: the tenant has no
   * such endpoint.
   */
  test(input: {
    tenantId: string
    endpointId: string
    audit: AuditEntry
  }): Promise<{ kind: 'told'; delivery: WebhookDelivery } | { kind: 'disabled' } | null>
  /**
   * The same id and body with a new schedule that begins now. null: the endpoint has no such
   * delivery.
   */
  replay(input: {
    tenantId: string
    endpointId: string
    deliveryId: string
    audit: AuditEntry
  }): Promise<{ kind: 'replayed'; delivery: WebhookDelivery } | { kind: 'disabled' } | null>
}

/**
 * Explains what is wrong with a URL that a caller registers, without quoting it. null if no fault
 * is visible.
 */
export type EndpointUrlCheck = (url: string) => string | null
