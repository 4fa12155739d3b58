import type { RetentionRuleName } from '../../../domain/retention/retention-rules.ts'
import type { Lease } from '../delivery/lease.ts'

/** Work that one instance does for all instances. */
export type UpkeepTask = 'retention' | 'resealing'

/**
 * The right to do a task. `fence` grows with every claim, and an older claim deletes and seals
 * nothing.
 */
export type UpkeepClaim = { task: UpkeepTask; owner: string; fence: string; leaseMs: number }

export type UpkeepStore = {
  /** The task that has waited longest. null: none is due. */
  claim(owner: string): Promise<UpkeepClaim | null>
  renew(claim: UpkeepClaim): Promise<boolean>
  release(claim: UpkeepClaim, readyInMs: number | null): Promise<void>
  /** At the start of the embedded home: the holders of these are gone. */
  freeAll(): Promise<void>
}

/**
 * The result of one lot of a rule: how many things it deleted, how long the oldest of them was
 * overdue, and whether there may be more.
 */
export type SweptLot = { deleted: number; behindMs: number; more: boolean }

export type RetentionStore = {
  /**
   * Deletes a lot of what is past its days by the certain time, in one short transaction, and never
   * what something still needs. Null: a jump of the database's clock is unconfirmed, so nothing is
   * past anything. Throws `FenceLost`.
   */
  sweep(claim: UpkeepClaim, rule: RetentionRuleName): Promise<SweptLot | null>
}

/** How far sealing again has got. */
export type ResealedLot = { resealed: number; next: string | null }

export type ResealStore = {
  /**
   * Records that this instance seals under its current key. Returns the other keys under which
   * something may be sealed.
   */
  olderKeys(): Promise<string[]>
  /** Values that one of these keys sealed. */
  left(keyIds: readonly string[]): Promise<number>
  /**
   * Reseals a lot; `after` null: from the beginning; `next` null: that was the last. Throws
   * `FenceLost`.
   */
  reseal(claim: UpkeepClaim, keyIds: readonly string[], after: string | null): Promise<ResealedLot>
  /**
   * Retires the keys that seal nothing and under which no instance seals any more. Returns them.
   * Throws `FenceLost`.
   */
  retire(claim: UpkeepClaim, keyIds: readonly string[]): Promise<string[]>
}

/** Does a claimed task as far as possible now. Returns the milliseconds until it is due again. */
export type DoUpkeep = (
  claim: UpkeepClaim,
  lease: Pick<Lease, 'signal' | 'assertHeld'>,
) => Promise<number>
