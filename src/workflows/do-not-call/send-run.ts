import { type AuditSaid, type PlainAction, saidOf } from '../../domain/audit/audit-details.ts'
import { byGateway, createAuditEntry, type AuditEntry } from '../../domain/audit/audit.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Ids } from '../../lib/ids.ts'
import type { Emit } from '../../telemetry/events.ts'
import type { DncClaim, DncGroup, DncLaneStore } from '../ports/do-not-call/dnc-lane.ts'
import type { DncListPort } from '../ports/do-not-call/dnc-lists.ts'

export type SendDeps = {
  lane: DncLaneStore
  lists: DncListPort
  clock: Clock
  ids: Ids
  emit: Emit
  random: () => number
  /** The id of this process, stored with the slot of a write. */
  owner: string
  /** How many writes may be in flight over all instances (GENESYS_MAX_CONCURRENT_DNC_WRITES). */
  slots: number
}

/**
 * What this process has recently observed of a list. From this, it decides how many entries the
 * next request has and how long to wait.
 */
export type ListHealth = {
  /** How many entries the next request may have. */
  most: number
  /** How many 429s Genesys has answered in a row. */
  throttled: number
  /** How many tries have failed in a row. */
  failures: number
  /** The group that Genesys answered with 409 last, and when it first did. null: there was none. */
  conflict: { groupId: string; sinceMs: number } | null
}

export type SendRun = {
  deps: SendDeps
  claim: DncClaim
  group: DncGroup
  health: ListHealth
  startedMs: number
}

/**
 * An audit entry about a try of the group. `attempt` counts this try too. The latency begins at
 * `startedMs`. Stores nothing: pass the entry to a method of `lane`.
 */
export const auditedGroup = (
  { deps, group, startedMs }: SendRun,
  said: PlainAction | AuditSaid,
  about: Partial<Pick<AuditEntry, 'outcome' | 'counts'>> = {},
): AuditEntry =>
  createAuditEntry(deps.ids, byGateway(group), {
    ...saidOf(said),
    object: group.submissionId,
    attempt: group.attempts + 1,
    latencyMs: Math.round(deps.clock.monotonicMs() - startedMs),
    ...about,
    counts: { entries: group.places.length, ...about.counts },
  })
