import { type Caller, hasScope } from '../../domain/access/access.ts'
import { DNC_HOLD_REASONS, needsPerson } from '../../domain/do-not-call/dnc-submission.ts'
import type { WebhookEndpoint } from '../../domain/endpoints/webhook-endpoint.ts'
import type { Upload } from '../../domain/uploads/upload.ts'
import type { LastHour } from '../../telemetry/last-hour.ts'
import type { WebhookEndpoints } from '../endpoints/webhook-endpoints.ts'
import type { DncSubmissionStore } from '../ports/do-not-call/submissions.ts'
import type { Home } from '../ports/homes/home.ts'
import type { UploadStore } from '../ports/uploads/uploads.ts'
import type { ReadinessAnswer } from './readiness.ts'

export type PaceNow = {
  /** The pace that the gateway allows itself now, over all instances. */
  requestsPerMinute: number
  configuredPerMinute: number
  /** How many requests this instance sent in the last minute. */
  usedLastMinute: number
  /** How many requests of this instance wait, by class. */
  waiting: Record<string, number>
}

/**
 * The state of the gateway as the caller may see it. Members that the caller's scopes do not allow
 * are null.
 */
export type Overview = {
  checks: ReadinessAnswer['checks']
  pace: PaceNow
  /** The newest held uploads. `more`: there are more held uploads. */
  held: { items: Upload[]; more: boolean } | null
  /** How many do-not-call submissions are held until a person acts, at most 100. */
  heldSubmissions: number | null
  /**
   * Endpoints whose deliveries fail, and endpoints that the gateway has disabled after a 410 or
   * after failures for days.
   */
  failingEndpoints: WebhookEndpoint[] | null
  /** Work of all tenants. null: the caller is not an admin. */
  work: Awaited<ReturnType<Home['gauges']>> | null
  /** Counts of this process, for all tenants. null: the caller is not an admin. */
  lastHour: LastHour | null
}

export type ReadOverview = (caller: Caller) => Promise<Overview>

export type ReadOverviewDeps = {
  readiness: () => Promise<ReadinessAnswer>
  pace: () => Promise<PaceNow>
  uploads: Pick<UploadStore, 'list'>
  dncSubmissions: Pick<DncSubmissionStore, 'list'>
  webhookEndpoints: Pick<WebhookEndpoints, 'list'>
  gauges: Home['gauges']
  lastHour: () => LastHour
}

const SHOWN_HELD = 10
/**
 * More than the number of endpoints that a tenant may register, so that one page has all of them.
 */
const ALL_ENDPOINTS = 100

/** Submissions that wait for a person. More than this number are counted as this number. */
const SUBMISSIONS_FOR_PERSON = {
  limit: 100,
  cursor: null,
  states: ['held'],
  holdReasons: DNC_HOLD_REASONS.filter(needsPerson),
} as const

const isFailing = ({ enabled, disabledReason, failingSince }: WebhookEndpoint): boolean =>
  enabled ? failingSince !== null : disabledReason === 'gone' || disabledReason === 'failing'

/** Reads all members of the overview at the same time. */
export const createReadOverview =
  (deps: ReadOverviewDeps): ReadOverview =>
  async (caller) => {
    const may = (scope: 'uploads' | 'dnc' | 'webhooks' | 'admin') => hasScope(caller.scopes, scope)
    const { tenantId } = caller
    const page = { limit: SHOWN_HELD, cursor: null, states: ['held'] } as const
    const [{ checks }, pace, held, submissions, endpoints, work] = await Promise.all([
      deps.readiness(),
      deps.pace(),
      may('uploads') ? deps.uploads.list(tenantId, page) : null,
      may('dnc') ? deps.dncSubmissions.list(tenantId, SUBMISSIONS_FOR_PERSON) : null,
      may('webhooks')
        ? deps.webhookEndpoints.list(caller, { limit: ALL_ENDPOINTS, cursor: null })
        : null,
      may('admin') ? deps.gauges() : null,
    ])
    return {
      checks,
      pace,
      held: held && { items: held.items, more: held.next !== null },
      heldSubmissions: submissions && submissions.items.length,
      failingEndpoints: endpoints && endpoints.items.filter(isFailing),
      work,
      lastHour: may('admin') ? deps.lastHour() : null,
    }
  }
