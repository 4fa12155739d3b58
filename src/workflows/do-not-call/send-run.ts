import type { PlainAction } from '../../domain/audit/audit-details.ts'
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
  /** This process; stored with the slot of a write. */
  owner: string
  /** Writes in flight over all instances (GENESYS_MAX_CONCURRENT_DNC_WRITES). */
  slots: number
}

/** How a list is doing, as far as this process knows. */
export type ListHealth = {
  /** Entries a request. */
  most: number
  /** 429s in a row. */
  throttled: number
  /** Tries in a row that came to nothing. */
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
  action: PlainAction,
  about: Partial<Pick<AuditEntry, 'outcome' | 'counts'>> = {},
): AuditEntry =>
  createAuditEntry(deps.ids, byGateway(group), {
    action,
    object: group.submissionId,
    attempt: group.attempts + 1,
    latencyMs: Math.round(deps.clock.monotonicMs() - startedMs),
    ...about,
    counts: { entries: group.places.length, ...about.counts },
  })
