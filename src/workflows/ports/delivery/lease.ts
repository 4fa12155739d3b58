import type { Upload } from '../../../domain/uploads/upload.ts'
import type { LaneClaim } from './delivery.ts'

export type LaneStore = {
  /**
   * Claims the ready lane that has waited longest, or null. Lease: 10 s by the database's clock.
   */
  claim(owner: string): Promise<LaneClaim | null>
  /**
   * Extends the lease by its full length. Returns how often the lane was nudged since the claim, or
   * null if the fence is no longer ours.
   */
  renew(claim: LaneClaim): Promise<{ nudges: number } | null>
  /** Releases the lane. It is ready again after `readyInMs` if it has work. */
  release(claim: LaneClaim, readyInMs: number): Promise<void>
  /** Whether a lane that nobody holds is ready. */
  anyReady(): Promise<boolean>
  /**
   * Frees every lane. Only for the embedded home, whose process lock proves that nobody holds one.
   */
  freeAll(): Promise<void>
  /**
   * Returns uploads to their lane whose hold ends by time and is over. Returns how many. The
   * `HoldStore` ends other holds.
   */
  wakeHeld(): Promise<number>
  /**
   * Makes lanes ready that have work, no holder and no ready time. No statement should leave such
   * lanes behind. Returns how many.
   */
  repair(): Promise<number>
}

/**
 * Hints that something the lane waits for has happened. A hint only saves the wait until the next
 * check.
 */
export type Nudges = {
  /** Whether there was a nudge since the last call. */
  take(): boolean
  /** Aborts at the next nudge. */
  next(): AbortSignal
}

/** A lane's lease as the work under it sees it. */
export type Lease = {
  /**
   * Aborts 1 s before the lease expires without renewal, when it is lost, or when a stop's grace is
   * over.
   */
  signal: AbortSignal
  /**
   * Aborts when the work should stop: waits end and no new batch begins. Also when `signal` aborts.
   */
  rest: AbortSignal
  /** Left out if nobody nudges, so that every check waits for its time. */
  nudges?: Nudges
  /** Throws `FenceLost` if the lease is over by the monotonic clock. */
  assertHeld(): void
  /**
   * Runs a wait in which the lane only finds out the outcome of what was sent. Until it is over,
   * another lane may be worked in its place, while the lease is kept. Left out if nobody works
   * lanes beside this one.
   */
  aside?<T>(wait: () => Promise<T>): Promise<T>
}

/**
 * Works one upload to its end, to a hold, or to a stop between two batches. Throws `FenceLost` or
 * the abort's reason.
 */
export type DeliverUpload = (claim: LaneClaim, upload: Upload, lease: Lease) => Promise<void>
