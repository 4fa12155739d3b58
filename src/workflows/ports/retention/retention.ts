import type { RetentionRuleName } from '../../../domain/retention/retention-rules.ts'
import type { Lease } from '../delivery/lease.ts'

/** Work that one instance does for all instances. */
export type UpkeepTask = 'retention' | 'resealing'

/**
 * The right to do a task. `fence` grows with every claim. Methods that delete or seal throw
 * `FenceLost` if another instance has claimed the task.
 */
export type UpkeepClaim = { task: UpkeepTask; owner: string; fence: string; leaseMs: number }

/**
 * What a task found, for the metrics. Retention: how many milliseconds the oldest item of a rule
 * was overdue. Resealing: how many values were sealed with older keys (`left`), and how many older
 * keys could still be needed (`olderKeys`).
 */
export type UpkeepFindings = Partial<Record<RetentionRuleName | 'left' | 'olderKeys', number>>

/**
 * One instance at a time holds a task. If it dies, another instance can claim the task when the
 * lease has ended.
 */
export type UpkeepStore = {
  /** The task that has been due longest. null: none is due. */
  claim(owner: string): Promise<UpkeepClaim | null>
  renew(claim: UpkeepClaim): Promise<boolean>
  release(claim: UpkeepClaim, readyInMs: number | null): Promise<void>
  /**
   * Stores what the task found, beside its other findings. All instances show the findings in their
   * metrics. Stores nothing if the claim has ended.
   */
  note(claim: UpkeepClaim, found: UpkeepFindings): Promise<void>
  /**
   * Frees every task. Call it when the embedded home starts: no other process can hold a task then.
   */
  freeAll(): Promise<void>
}

/**
 * One lot of a retention rule: how many things were deleted, how long the oldest of them had been
 * overdue, and whether more may be due. `waits`: nothing was deleted, because the record of the
 * deletion is not in the chain of the audit trail yet. It will be soon, so sweep again.
 */
export type SweptLot = { deleted: number; behindMs: number; more: boolean; waits: boolean }

/**
 * Deletes data at the end of its retention. `RETENTION_RULES` has the number of days of each rule.
 */
export type RetentionStore = {
  /**
   * In one short transaction, deletes some of the data whose retention by this rule is over. Data
   * that is still needed stays. Retention is counted by a time that does not advance while a jump
   * of the database's clock is unconfirmed (`CERTAIN_NOW`). null: a jump is unconfirmed, so nothing
   * is deleted. Throws `FenceLost`.
   */
  sweep(claim: UpkeepClaim, rule: RetentionRuleName): Promise<SweptLot | null>
}

/** `next`: where resealing continues. null: that was the last lot. */
export type ResealedLot = { resealed: number; next: string | null }

/**
 * Seals stored values again after a change of ENCRYPTION_KEYS, so that older keys can be removed
 * from the configuration.
 */
export type ResealStore = {
  /**
   * The ids of all keys with which some value could still be sealed, except the current key of this
   * instance.
   */
  olderKeys(): Promise<string[]>
  /** How many values are sealed with any of these keys. */
  left(keyIds: readonly string[]): Promise<number>
  /**
   * Seals a lot of values again with the current key. `after` null: from the beginning. Throws
   * `FenceLost`.
   */
  reseal(claim: UpkeepClaim, keyIds: readonly string[], after: string | null): Promise<ResealedLot>
  /**
   * Retires those keys that are no longer in use: no value is sealed with them, and no instance has
   * recorded one of them within five minutes. An instance records its key when it claims tasks, at
   * most once a minute. Returns the ids of the retired keys. Throws `FenceLost`.
   */
  retire(claim: UpkeepClaim, keyIds: readonly string[]): Promise<string[]>
}

/** Does a claimed task as far as possible now. Returns the milliseconds until it is due again. */
export type DoUpkeep = (
  claim: UpkeepClaim,
  lease: Pick<Lease, 'signal' | 'assertHeld'>,
) => Promise<number>
