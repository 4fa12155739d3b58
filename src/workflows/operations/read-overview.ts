import { type Caller, hasScope } from '../../domain/access/access.ts'
import { DNC_HOLD_REASONS, needsPerson } from '../../domain/do-not-call/dnc-submission.ts'
import type { WebhookEndpoint } from '../../domain/endpoints/webhook-endpoint.ts'
import { ALL_HOLD_REASONS, holdNeedsPerson, type Upload } from '../../domain/uploads/upload.ts'
import type { LastHour } from '../../telemetry/last-hour.ts'
import type { WebhookEndpoints } from '../endpoints/webhook-endpoints.ts'
import type { RetractionStore } from '../ports/do-not-call/retractions.ts'
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
  /**
   * The newest held uploads. `more`: there are more held uploads. `forPerson`: how many of all held
   * uploads are held until a person acts.
   */
  held: { items: Upload[]; more: boolean; forPerson: number } | null
  /** How many do-not-call submissions are held until a person acts. */
  heldSubmissions: number | null
  /**
   * The submissions whose contacts a person must remove from their lists by hand, because the
   * dialect has no call for it. For an admin, also the editions of registries. The gateway does not
   * learn when a contact is removed, so each is shown for `REPORTED_DAYS`.
   */
  byHand: Awaited<ReturnType<RetractionStore['reported']>> | null
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
  uploads: Pick<UploadStore, 'list' | 'countHeld'>
  dncSubmissions: Pick<DncSubmissionStore, 'countHeld'>
  retractions: Pick<RetractionStore, 'reported'>
  webhookEndpoints: Pick<WebhookEndpoints, 'list'>
  gauges: Home['gauges']
  lastHour: () => LastHour
}

const SHOWN_HELD = 10
const SHOWN_REPORTED = 10
/** As long as the gateway keeps the rows of the contacts, by default. */
export const REPORTED_DAYS = 30
/**
 * More than the number of endpoints that a tenant may register, so that one page has all of them.
 */
const ALL_ENDPOINTS = 100

const UPLOADS_FOR_PERSON = ALL_HOLD_REASONS.filter(holdNeedsPerson)
const SUBMISSIONS_FOR_PERSON = DNC_HOLD_REASONS.filter(needsPerson)

const isFailing = ({ enabled, disabledReason, failingSince }: WebhookEndpoint): boolean =>
  enabled ? failingSince !== null : disabledReason === 'gone' || disabledReason === 'failing'

const readHeld = async (
  uploads: ReadOverviewDeps['uploads'],
  tenantId: string,
): Promise<NonNullable<Overview['held']>> => {
  const [page, forPerson] = await Promise.all([
    uploads.list(tenantId, { limit: SHOWN_HELD, cursor: null, states: ['held'] }),
    uploads.countHeld(tenantId, UPLOADS_FOR_PERSON),
  ])
  return { items: page?.items ?? [], more: page !== null && page.next !== null, forPerson }
}

/** Reads all members of the overview at the same time. */
export const createReadOverview =
  (deps: ReadOverviewDeps): ReadOverview =>
  async (caller) => {
    const may = (scope: 'uploads' | 'dnc' | 'webhooks' | 'admin') => hasScope(caller.scopes, scope)
    const { tenantId } = caller
    const [{ checks }, pace, held, submissions, byHand, endpoints, work] = await Promise.all([
      deps.readiness(),
      deps.pace(),
      may('uploads') ? readHeld(deps.uploads, tenantId) : null,
      may('dnc') ? deps.dncSubmissions.countHeld(tenantId, SUBMISSIONS_FOR_PERSON) : null,
      may('dnc')
        ? deps.retractions.reported(tenantId, {
            ...{ days: REPORTED_DAYS, limit: SHOWN_REPORTED, editions: may('admin') },
          })
        : null,
      may('webhooks')
        ? deps.webhookEndpoints.list(caller, { limit: ALL_ENDPOINTS, cursor: null })
        : null,
      may('admin') ? deps.gauges() : null,
    ])
    return {
      checks,
      pace,
      held,
      heldSubmissions: submissions,
      byHand,
      failingEndpoints: endpoints && endpoints.items.filter(isFailing),
      work,
      lastHour: may('admin') ? deps.lastHour() : null,
    }
  }
