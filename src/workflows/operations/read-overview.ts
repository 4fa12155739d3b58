import { type Caller, hasScope } from '../../domain/access/access.ts'
import type { WebhookEndpoint } from '../../domain/endpoints/webhook-endpoint.ts'
import type { Upload } from '../../domain/uploads/upload.ts'
import type { LastHour } from '../../telemetry/last-hour.ts'
import type { WebhookEndpoints } from '../endpoints/webhook-endpoints.ts'
import type { Home } from '../ports/homes/home.ts'
import type { UploadStore } from '../ports/uploads/uploads.ts'
import type { ReadinessAnswer } from './readiness.ts'

export type PaceNow = {
  /** What the gateway allows itself now, over all instances. */
  requestsPerMinute: number
  configuredPerMinute: number
  /** By this instance. */
  usedLastMinute: number
  /** Requests of this instance that wait, by class. */
  waiting: Record<string, number>
}

/**
 * The state of the gateway, for the viewer: members that the caller's scopes do not allow are null.
 */
export type Overview = {
  checks: ReadinessAnswer['checks']
  pace: PaceNow
  /** The newest of them; `more`: there are others. */
  held: { items: Upload[]; more: boolean } | null
  /** Those that fail or were disabled by the gateway. */
  failingEndpoints: WebhookEndpoint[] | null
  /** Of all tenants. null: the caller is no admin, or the database does not answer. */
  work: Awaited<ReturnType<Home['gauges']>> | null
  /** Of this process and all tenants. */
  lastHour: LastHour | null
}

export type ReadOverview = (caller: Caller) => Promise<Overview>

export type ReadOverviewDeps = {
  readiness: () => Promise<ReadinessAnswer>
  pace: () => Promise<PaceNow>
  uploads: Pick<UploadStore, 'list'>
  webhookEndpoints: Pick<WebhookEndpoints, 'list'>
  gauges: Home['gauges']
  lastHour: () => LastHour
}

const SHOWN_HELD = 10
/** More than a tenant may register. */
const ALL_ENDPOINTS = 100

const isFailing = ({ enabled, disabledReason, failingSince }: WebhookEndpoint): boolean =>
  enabled ? failingSince !== null : disabledReason === 'gone' || disabledReason === 'failing'

/** Reads everything that the overview shows, side by side. */
export const createReadOverview =
  (deps: ReadOverviewDeps): ReadOverview =>
  async (caller) => {
    const may = (scope: 'uploads' | 'webhooks' | 'admin') => hasScope(caller.scopes, scope)
    const { tenantId } = caller
    const page = { limit: SHOWN_HELD, cursor: null, states: ['held'] } as const
    const [{ checks }, pace, held, endpoints, work] = await Promise.all([
      deps.readiness(),
      deps.pace(),
      may('uploads') ? deps.uploads.list(tenantId, page) : null,
      may('webhooks')
        ? deps.webhookEndpoints.list(caller, { limit: ALL_ENDPOINTS, cursor: null })
        : null,
      may('admin') ? deps.gauges() : null,
    ])
    return {
      checks,
      pace,
      held: held && { items: held.items, more: held.next !== null },
      failingEndpoints: endpoints && endpoints.items.filter(isFailing),
      work,
      lastHour: may('admin') ? deps.lastHour() : null,
    }
  }
