import type { AuditSaid, PlainAction } from '../../../domain/audit/audit-details.ts'
import type { AuditEntry } from '../../../domain/audit/audit.ts'
import type { GenesysFailure } from '../../../domain/genesys/genesys-failure.ts'
import {
  SEGMENT_HOLDS,
  type CampaignSegment,
  type SegmentHoldReason,
  type SegmentProblem,
  type SegmentProgress,
} from '../../../domain/segments/campaign-segment.ts'
import type { Clock } from '../../../lib/clock.ts'
import type { Ids } from '../../../lib/ids.ts'
import type { Emit } from '../../../telemetry/events.ts'
import type { Lease } from '../../ports/delivery/lease.ts'
import type { CallContext } from '../../ports/genesys/genesys.ts'
import type { SegmentClaim, SegmentStep, SegmentStore } from '../../ports/segments/segments.ts'
import { auditOfVersion } from '../segment-audit.ts'

export type ApplyDeps = {
  segments: Pick<SegmentStore, 'step' | 'withOldFilters' | 'forgetFilter'>
  clock: Clock
  ids: Ids
  emit: Emit
  /**
   * How long to wait for the index of a campaign (GENESYS_INDEX_WAIT_SECONDS). After that, the
   * state of the segment is `index_pending`, and endpoints get `segment.applied`.
   */
  indexWaitMs: number
  /** The wait between two checks while Genesys does not answer. */
  holdRetryMs: number
}

/** One version in progress. `segment` is the version as it is after the last stored step. */
export type SegmentRun = {
  deps: ApplyDeps
  claim: SegmentClaim
  segment: CampaignSegment
  lease: Pick<Lease, 'signal' | 'assertHeld'>
}

/**
 * How long one call is retried. After that, the version is held and the call is tried again later.
 */
const RETRY_FOR_MS = 20_000
const FIRST_LOOK_MS = 5_000
const LONGEST_LOOK_MS = 60_000
/** If a campaign is busy for longer than this, the version is held [contracts: 2]. */
const BUSY_MS = 60 * 60 * 1000

/**
 * Give `retryForMs` 0 for a call that must not simply be repeated. If the outcome of such a call is
 * unknown, a check must first show whether the call had an effect.
 */
export const contextOf = (run: SegmentRun, retryForMs = RETRY_FOR_MS): CallContext => ({
  tenantId: run.segment.tenantId,
  class: 'delivery',
  signal: run.lease.signal,
  retryForMs,
  beforeSend: () => run.lease.assertHeld(),
})

/** Stores the change, then updates `run`. Throws as `SegmentStore.step` does. */
export const step = async (run: SegmentRun, change: SegmentStep): Promise<void> => {
  run.segment = await run.deps.segments.step(run.claim, run.segment.version, change)
}

/**
 * The whole progress with these changes, because a step replaces the whole progress. Stores
 * nothing: pass the result to `step`.
 */
export const progressed = (run: SegmentRun, change: Partial<SegmentProgress>): SegmentProgress => ({
  ...run.segment.progress,
  ...change,
})

/** The audit entry of `auditOfVersion` about the run. Stores nothing: pass the entry to `step`. */
export const audited = (
  run: SegmentRun,
  said: PlainAction | AuditSaid,
  about?: Parameters<typeof auditOfVersion>[3],
): AuditEntry => auditOfVersion(run.deps.ids, run.segment, said, about)

/**
 * The wait until a busy campaign or an unfinished index is checked again: 5, 10, 20 … seconds, at
 * most a minute.
 */
export const nextLookMs = ({ looks }: SegmentProgress): number =>
  Math.min(FIRST_LOOK_MS * 2 ** Math.min(looks, 10), LONGEST_LOOK_MS)

const sinceMs = (run: SegmentRun, at: string | null): number =>
  at === null ? 0 : run.deps.clock.now().getTime() - Date.parse(at)

/**
 * Milliseconds since the gateway first saw that Genesys has the rules. 0 if it has not seen this.
 */
export const sentSinceMs = (run: SegmentRun): number => sinceMs(run, run.segment.progress.sentAt)

/**
 * Waits, because Genesys cannot accept the segment now. After an hour the version is held and the
 * hold is reported, but the checks continue. Returns the milliseconds until the next check.
 */
export const waitForCampaign = async (
  run: SegmentRun,
  waitingFor: 'index' | 'campaign',
): Promise<number> => {
  const { progress } = run.segment
  const waitMs = nextLookMs(progress)
  const busySince = progress.busySince ?? run.deps.clock.now().toISOString()
  const change = {
    waitingFor,
    progress: { ...progress, busySince, looks: progress.looks + 1 },
  }
  if (sinceMs(run, busySince) < BUSY_MS) await step(run, change)
  else await hold(run, 'campaign_busy', 'The campaign has been busy for an hour.', change)
  return waitMs
}

const FAILED = { outcome: 'failed' } as const

const hold = async (
  run: SegmentRun,
  reason: SegmentHoldReason,
  detail: string,
  change: SegmentStep = {},
): Promise<void> => {
  const { emit } = run.deps
  const known = run.segment.hold?.reason === reason
  await step(run, {
    ...change,
    state: 'held',
    hold: { reason },
    problem: { code: `segment-held-${reason.replaceAll('_', '-')}`, detail },
    ...(known
      ? {}
      : { audit: [audited(run, { action: 'segment.held', details: { reason } }, FAILED)] }),
  })
  if (known) return
  const { campaignId, tenantId, version } = run.segment
  emit('segment.held', { campaignId, tenantId, version, reason })
}

/**
 * Ends a hold for an outage, because Genesys answers again. A version that is held because its
 * campaign is busy stays held until the campaign accepts a change.
 */
export const goOn = async (run: SegmentRun): Promise<void> => {
  const { hold: held } = run.segment
  if (held !== null && held.reason !== 'campaign_busy') await step(run, released(run))
}

/** The members of a step that end a hold. Empty if there is no hold. */
export const released = ({ segment }: SegmentRun): SegmentStep =>
  segment.state === 'held' ? { state: 'applying', hold: null, problem: null } : {}

/**
 * Ends the version as `applied`. While Genesys builds the index, the state is `index_pending`
 * instead, and another call follows. Each call sends `segment.applied`. `indexStatus` null: the
 * dialect has no index. `problem`: what the caller must know although the version is applied.
 */
export const succeed = async (
  run: SegmentRun,
  indexStatus: CampaignSegment['indexStatus'],
  problem: SegmentProblem | null = null,
): Promise<void> => {
  const state = indexStatus === 'processing' ? 'index_pending' : 'applied'
  await step(run, {
    state,
    hold: null,
    waitingFor: state === 'applied' ? null : 'index',
    indexStatus,
    problem,
    ...(state === 'applied' ? {} : { progress: progressed(run, { isPendingTold: true }) }),
    tell: 'segment.applied',
    audit: [audited(run, 'segment.applied', { latencyMs: run.segment.latencyMs })],
  })
  emitEnd(run)
}

/**
 * Ends the version as `failed` and sends `segment.failed`. Changes nothing in Genesys: a campaign
 * that the gateway has stopped must be started first.
 */
export const fail = async (run: SegmentRun, problem: SegmentProblem): Promise<void> => {
  await step(run, {
    state: 'failed',
    hold: null,
    waitingFor: null,
    problem,
    tell: 'segment.failed',
    audit: [audited(run, { action: 'segment.failed', details: { code: problem.code } }, FAILED)],
  })
  emitEnd(run)
}

const emitEnd = ({ deps, segment }: SegmentRun): void => {
  const { campaignId, tenantId, version, state, problem, compiled, progress } = segment
  const now = deps.clock.now().getTime()
  const sentMs = progress.sentAt === null ? now : Date.parse(progress.sentAt)
  deps.emit('segment.ended', {
    campaignId,
    tenantId,
    version,
    state,
    problem: problem?.code ?? null,
    rules: compiled.ruleCount,
    pushMs: Math.max(0, sentMs - Date.parse(segment.createdAt)),
    indexMs: progress.sentAt === null ? null : Math.max(0, now - sentMs),
  })
}

/**
 * Acts on a failed call: holds the version or ends it. Returns the milliseconds until the next
 * check. null: no check follows.
 */
export const afterFailure = async (
  run: SegmentRun,
  failure: GenesysFailure,
): Promise<number | null> => {
  if (failure.retry === 'later' || failure.kind === 'unauthorized') {
    await hold(
      run,
      'genesys_unavailable',
      'Genesys does not answer, or refuses the credentials of the gateway.',
    )
    return Math.max(run.deps.holdRetryMs, failure.retryAfterMs ?? 0)
  }
  const right = failure.right === null ? '' : `, probably ${failure.right}`
  if (failure.kind === 'forbidden' || failure.kind === 'not_found') {
    const detail =
      failure.kind === 'forbidden'
        ? `The gateway lacks a right in Genesys${right}. Grant it, then resume the segment.`
        : 'Genesys does not know the campaign, or an object that the rules use.'
    await hold(run, 'campaign_refused', detail)
    return null
  }
  await fail(run, problemOfRefusal(run.segment, failure))
  return null
}

/**
 * The problem `genesys-rule-refused`. It names the place in the definition only if Genesys names
 * the rule and the dialect is `guide`.
 */
export const problemOfRefusal = (
  { compiled }: CampaignSegment,
  failure: GenesysFailure,
): SegmentProblem => {
  const code = failure.upstreamCode === null ? '' : ` (${failure.upstreamCode})`
  const [first] = failure.rowErrors
  const path = first === undefined ? undefined : compiled.rulePaths[first.index]
  return {
    code: 'genesys-rule-refused',
    detail: `Genesys refused ${path === undefined ? 'the rules' : `the rule at ${path}`}${code}.`,
    ...(path === undefined ? {} : { path }),
  }
}

/** Whether only a person can end the hold. The gateway itself ends other holds. */
export const waitsForResume = ({ hold: held }: CampaignSegment): boolean =>
  held !== null && SEGMENT_HOLDS[held.reason] === 'resume'
