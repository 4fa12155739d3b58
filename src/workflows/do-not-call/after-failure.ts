import { auditId } from '../../domain/audit/audit-details.ts'
import type { DncHoldReason } from '../../domain/do-not-call/dnc-submission.ts'
import type { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import { backoffMs } from '../../lib/backoff.ts'
import type { GatewayEvents } from '../../telemetry/events.ts'
import type { DncSuccession } from '../ports/do-not-call/dnc-lane.ts'
import { auditedGroup, type SendRun } from './send-run.ts'

/** Full jitter from 1 s, doubled, at most 60 s [guide-api: Errors and retries]. */
const BACKOFF = { baseMs: 1_000, capMs: 60_000 }
/**
 * If Genesys answers a request with 409, the gateway repeats the request under the same idempotency
 * key for this time after the first 409. After that, it sends the entries under a new key
 * [contracts: 1].
 */
const SAME_KEY_MS = 60_000
/**
 * After this many 429s in a row, the next request has half as many entries, but at least
 * `FEWEST_ENTRIES` [contracts: 1].
 */
const THROTTLED_IN_A_ROW = 3
const FEWEST_ENTRIES = 50
/** After this many failed tries in a row, the submission is held and the hold is reported. */
const FAILURES_BEFORE_HOLD = 3

type Action = GatewayEvents['dnc.refused']['action']

const tell = (run: SendRun, failure: GenesysFailure, action: Action): void => {
  const { submissionId, places, attempts } = run.group
  run.deps.emit('dnc.refused', {
    submissionId,
    dncListId: run.claim.dncListId,
    failure: failure.kind,
    entries: places.length,
    attempt: attempts + 1,
    action,
  })
}

const again = (run: SendRun, failure: GenesysFailure): number =>
  Math.max(1, backoffMs(BACKOFF, run.health.failures, run.deps.random, failure.retryAfterMs ?? 0))

const failedBy = ({ kind, status, upstreamCode }: GenesysFailure) => ({
  failure: kind,
  status,
  upstreamCode: auditId(upstreamCode),
})

const replace = async (
  run: SendRun,
  by: DncSuccession,
  failure: GenesysFailure,
): Promise<number> => {
  const { ids, lane } = run.deps
  await lane.replace(run.claim, run.group, by, {
    ids: [ids.newUuid(), ids.newUuid()],
    keys: [ids.newUuid(), ids.newUuid()],
    audit: auditedGroup(run, { action: 'dnc.replaced', details: { ...failedBy(failure), by } }),
  })
  return 0
}

const hold = async (run: SendRun, reason: DncHoldReason): Promise<void> => {
  const { deps, claim, group } = run
  // A renewal begins 30 days before Genesys would forget the entries. So during an outage, a
  // renewal is not held but only tried again.
  if (group.renews && reason === 'genesys_unavailable') return
  if (group.held === reason) return
  const audit = auditedGroup(
    run,
    { action: 'dnc.held', details: { reason } },
    { outcome: 'failed' },
  )
  await deps.lane.hold(claim, group, reason, audit)
  const { submissionId, tenantId } = group
  deps.emit('dnc.held', { submissionId, tenantId, dncListId: claim.dncListId, reason })
}

/**
 * Genesys did not confirm anything, so the same request is sent again. After three failures in a
 * row the submission is also held (except for a renewal), but the tries continue.
 */
const unanswered = async (run: SendRun, failure: GenesysFailure): Promise<number> => {
  run.health.failures += 1
  const isLong = run.health.failures >= FAILURES_BEFORE_HOLD
  tell(run, failure, isLong ? 'held' : 'again')
  if (isLong) await hold(run, 'genesys_unavailable')
  return again(run, failure)
}

const conflicting = async (run: SendRun, failure: GenesysFailure): Promise<number> => {
  const { deps, group, health } = run
  const nowMs = deps.clock.monotonicMs()
  health.failures += 1
  if (health.conflict?.groupId !== group.id) health.conflict = { groupId: group.id, sinceMs: nowMs }
  if (nowMs - health.conflict.sinceMs < SAME_KEY_MS) {
    tell(run, failure, 'again')
    return again(run, failure)
  }
  health.failures = 0
  tell(run, failure, 'new_key')
  return replace(run, 'successor', failure)
}

/**
 * If Genesys answers a request with 429, it has applied nothing of the request. So the entries may
 * be sent in smaller requests under other keys.
 */
const throttled = async (run: SendRun, failure: GenesysFailure): Promise<number> => {
  const { health, group } = run
  // Genesys did not send this 429: the gateway's own pace had no slot in time. The size of the
  // request is not the cause.
  if (failure.status === null) return unanswered(run, failure)
  health.throttled += 1
  if (health.throttled >= THROTTLED_IN_A_ROW && health.most > FEWEST_ENTRIES) {
    health.throttled = 0
    health.most = Math.max(
      FEWEST_ENTRIES,
      Math.floor(Math.min(health.most, group.places.length) / 2),
    )
    if (group.places.length > health.most) {
      tell(run, failure, 'smaller')
      await replace(run, 'recompose', failure)
      return again(run, failure)
    }
  }
  return unanswered(run, failure)
}

/**
 * The entries that Genesys names fail. If Genesys names none, the request is halved until the
 * faulty entry is alone. `whole`: Genesys refused the whole request, and all its entries fail.
 */
const refused = async (run: SendRun, failure: GenesysFailure, whole: boolean): Promise<number> => {
  const { deps, claim, group, health } = run
  const named = new Map(
    failure.rowErrors.map(({ index, said }) => [group.places[index] ?? -1, said]),
  )
  const isAlone = group.places.length === 1
  if (named.size === 0 && !whole && !isAlone) {
    tell(run, failure, 'halved')
    return replace(run, 'halves', failure)
  }
  const failed =
    named.size > 0 && !whole
      ? named
      : new Map(group.places.map((place) => [place, failure.upstreamCode]))
  tell(run, failure, 'failed')
  await deps.lane.settle(claim, group, {
    failed,
    open: group.places.filter((place) => !failed.has(place)),
    tallies: null,
    problem: null,
    audit: auditedGroup(
      run,
      { action: 'dnc.refused', details: failedBy(failure) },
      { outcome: 'failed', counts: { failed: failed.size } },
    ),
  })
  health.failures = 0
  return 0
}

const tooLarge = async (run: SendRun, failure: GenesysFailure): Promise<number> => {
  if (run.group.places.length === 1) return refused(run, failure, true)
  tell(run, failure, 'halved')
  run.health.most = Math.ceil(run.group.places.length / 2)
  return replace(run, 'halves', failure)
}

const listRefused = async (run: SendRun, failure: GenesysFailure): Promise<number> => {
  tell(run, failure, 'held')
  await hold(run, 'dnc_list_refused')
  return 0
}

/**
 * Acts on a failure of the group's request. Returns the milliseconds until the list is worked on
 * again. An entry that failed in Genesys still suppresses in the gateway.
 */
export const afterFailure = (run: SendRun, failure: GenesysFailure): Promise<number> => {
  // Counts 429s in a row. Any other failure sets the count to 0.
  if (failure.kind !== 'throttled') run.health.throttled = 0
  switch (failure.kind) {
    case 'conflict':
      return conflicting(run, failure)
    case 'throttled':
      return throttled(run, failure)
    case 'rows_refused':
      return refused(run, failure, false)
    case 'refused':
      return refused(run, failure, true)
    case 'too_large':
      return tooLarge(run, failure)
    case 'forbidden':
    case 'not_found':
      return listRefused(run, failure)
    case 'unavailable':
    case 'malformed_answer':
    case 'unauthorized':
      return unanswered(run, failure)
  }
}
