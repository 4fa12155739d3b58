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
  /** This process. Stored with the slot of a write. */
  owner: string
  /** Writes in flight over all instances (GENESYS_MAX_CONCURRENT_DNC_WRITES). */
  slots: number
}

/** The state of a list, as far as this process knows. */
export type ListHealth = {
  /** How many entries a request has. */
  most: number
  /** How many 429s came in a row. */
  throttled: number
  /** How many tries failed in a row. */
  failures: number
}

export type SendRun = {
  deps: SendDeps
  claim: DncClaim
  group: DncGroup
  health: ListHealth
  startedMs: number
}

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
