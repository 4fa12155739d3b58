import type { AuditEntry } from '../../../domain/audit/audit.ts'
import type { EndpointEventType } from '../../../domain/endpoints/outbound-event.ts'
import type {
  DeliveryState,
  WebhookDelivery,
  WebhookEndpoint,
} from '../../../domain/endpoints/webhook-endpoint.ts'
import type { Page } from '../uploads/uploads.ts'

/** Members that are left out do not change. `events` null: all events. */
export type EndpointChange = {
  url?: string
  events?: EndpointEventType[] | null
  enabled?: boolean
}

/**
 * Why a change was refused. `fixed`: the endpoint comes from the environment. `stale`: the endpoint
 * no longer has the given version. null: the tenant has no such endpoint.
 */
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
    /** The secret in the form `whsec_…`. It is stored sealed. */
    secret: string
    /** How many endpoints the tenant may have. */
    most: number
    audit: AuditEntry
  }): Promise<
    { kind: 'created'; endpoint: WebhookEndpoint } | { kind: 'name_taken' } | { kind: 'too_many' }
  >
  find(tenantId: string, endpointId: string): Promise<WebhookEndpoint | null>
  /** Newest first. null: the cursor cannot be read. */
  list(
    tenantId: string,
    page: { limit: number; cursor: string | null },
  ): Promise<Page<WebhookEndpoint> | null>
  /**
   * Changes the endpoint if it still has this version. Enabling it resets its count of failures.
   * The sweep of overdue deliveries then sends what was pending when the endpoint was disabled.
   */
  change(input: {
    tenantId: string
    endpointId: string
    version: number
    change: EndpointChange
    audit: AuditEntry
  }): Promise<{ kind: 'changed'; endpoint: WebhookEndpoint } | Refused>
  /**
   * Deletes the endpoint, its secrets and its log. The audit entry gets the number of the
   * endpoint's deliveries, and how many of them were still pending.
   */
  remove(input: {
    tenantId: string
    endpointId: string
    /** null: any version. */
    version: number | null
    audit: AuditEntry
  }): Promise<{ kind: 'removed' } | Refused>
  /**
   * Sets a new secret. The old secret stays valid for `overlapMs`. If an even older secret is still
   * valid, it ends immediately.
   */
  rotate(input: {
    tenantId: string
    endpointId: string
    secret: string
    overlapMs: number
    audit: AuditEntry
  }): Promise<{ kind: 'rotated'; endpoint: WebhookEndpoint } | Refused>
  /**
   * Newest first. The caller has checked before that the endpoint is the tenant's. null: the cursor
   * cannot be read.
   */
  deliveries(
    endpointId: string,
    page: { limit: number; cursor: string | null; states: readonly DeliveryState[] },
  ): Promise<Page<WebhookDelivery> | null>
  /**
   * Sends an `endpoint.test` to this endpoint only, even if the endpoint selects other events.
   * null: the tenant has no such endpoint.
   */
  test(input: {
    tenantId: string
    endpointId: string
    audit: AuditEntry
  }): Promise<{ kind: 'told'; delivery: WebhookDelivery } | { kind: 'disabled' } | null>
  /**
   * Sends the same id and body again, with a new schedule of attempts that begins now. null: the
   * tenant has no such endpoint, or the endpoint has no such delivery.
   */
  replay(input: {
    tenantId: string
    endpointId: string
    deliveryId: string
    audit: AuditEntry
  }): Promise<{ kind: 'replayed'; delivery: WebhookDelivery } | { kind: 'disabled' } | null>
}

/**
 * Explains what is wrong with a URL that a caller registers, without quoting the URL. null: no
 * fault is visible.
 */
export type EndpointUrlCheck = (url: string) => string | null
