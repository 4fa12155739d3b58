import {
  RETENTION_RULE_NAMES,
  type RetentionRuleName,
} from '../../domain/retention/retention-rules.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Emit } from '../../telemetry/events.ts'
import type {
  DoUpkeep,
  RetentionStore,
  UpkeepClaim,
  UpkeepStore,
} from '../ports/retention/retention.ts'

export type RetentionDeps = {
  upkeep: Pick<UpkeepStore, 'note'>
  retention: RetentionStore
  clock: Clock
  emit: Emit
}

/** The wait between two runs of retention. */
const EVERY_MS = 10 * 60_000
/** The wait while the clock is in doubt. If Genesys answers, the doubt usually ends earlier. */
const IN_DOUBT_MS = 60_000
/** The pause between two lots, so that other calls get their turn at the database. */
const BREATH_MS = 50
/**
 * The most lots of a rule in one run. If a rule has more to delete, the next run follows
 * immediately.
 */
const LOTS_A_LOOK = 500

/** The pause before a lot that waits for the audit trail's chain, which is written every 400 ms. */
const CHAIN_MS = 500
/**
 * How often a run waits for the chain. A transaction that runs for long keeps entries out of the
 * chain. The next run then continues.
 */
const MOST_WAITS = 20

type Lease = Parameters<DoUpkeep>[1]
type Swept = { deleted: number; behindMs: number; more: boolean }

/** Deletes the data whose retention by one rule is over. null: the clock is in doubt. */
const sweepRule = async (
  { retention, clock }: RetentionDeps,
  claim: UpkeepClaim,
  rule: RetentionRuleName,
  lease: Lease,
): Promise<Swept | null> => {
  const swept: Swept = { deleted: 0, behindMs: 0, more: true }
  let waits = 0
  for (let lots = 0; swept.more && lots < LOTS_A_LOOK; lots += 1) {
    lease.assertHeld()
    const lot = await retention.sweep(claim, rule)
    if (lot === null) return null
    swept.deleted += lot.deleted
    swept.behindMs = Math.max(swept.behindMs, lot.behindMs)
    swept.more = lot.more
    if (lot.waits) waits += 1
    if (waits === MOST_WAITS) return { ...swept, more: false }
    if (lot.more) await clock.sleep(lot.waits ? CHAIN_MS : BREATH_MS, lease.signal)
  }
  return swept
}

/**
 * Deletes data past its retention, rule by rule, in small lots. Deletes nothing while a jump of the
 * clock is unconfirmed.
 */
export const createKeepToRetention =
  (deps: RetentionDeps): DoUpkeep =>
  async (claim, lease) => {
    let isLeft = false
    for (const rule of RETENTION_RULE_NAMES) {
      const startedMs = deps.clock.monotonicMs()
      const swept = await sweepRule(deps, claim, rule, lease)
      if (swept === null) {
        deps.emit('retention.waiting', { reason: 'clock_unconfirmed' })
        return IN_DOUBT_MS
      }
      isLeft ||= swept.more
      const { deleted, behindMs } = swept
      const durationMs = deps.clock.monotonicMs() - startedMs
      await deps.upkeep.note(claim, { [rule]: behindMs })
      deps.emit('retention.swept', { rule, deleted, behindMs, more: swept.more, durationMs })
    }
    return isLeft ? 1 : EVERY_MS
  }
