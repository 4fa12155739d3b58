import type { Upload } from '../../../domain/uploads/upload.ts'
import type { LaneClaim } from './delivery.ts'

/** The leases of lanes. */
export type LaneStore = {
  /**
   * Claims the ready lane that has waited longest, for 10 s by the database's clock. null: none is
   * ready.
   */
  claim(owner: string): Promise<LaneClaim | null>
  /**
   * Extends the lease by its full length. Returns how often the lane was nudged since the claim, or
   * null if the lane has been claimed again.
   */
  renew(claim: LaneClaim): Promise<{ nudges: number } | null>
  /** Releases the lane. It is ready again after `readyInMs` if it has work. */
  release(claim: LaneClaim, readyInMs: number): Promise<void>
  /** Whether a lane that nobody holds is ready. */
  anyReady(): Promise<boolean>
  /**
   * Frees every lane. Call it only on the embedded home, whose process lock proves that no other
   * process holds one.
   */
  freeAll(): Promise<void>
  /**
   * Ends the holds that end by time (such as `not_before`) and whose time has come, so that these
   * uploads are back in their lane. Returns how many. Holds that end by a check are not touched:
   * see `HoldStore`.
   */
  wakeHeld(): Promise<number>
  /**
   * Finds lanes that have work, but that nobody holds and that would never become ready. Makes
   * these lanes ready. Returns how many it found. If it found any, a statement probably has a bug.
   */
  repair(): Promise<number>
}

/**
 * Hints that an event which the lane waits for may have happened, such as the end of a job. A hint
 * only brings the next check forward.
 */
export type Nudges = {
  /** Whether there was a nudge since the last call. */
  take(): boolean
  /** Aborts at the next nudge. */
  next(): AbortSignal
}

/** A lane's lease, with what the work under it needs to know. */
export type Lease = {
  /**
   * Aborts in three cases: 1 s before the lease expires without renewal, when the lease is lost,
   * and when a stopping process gives no more time.
   */
  signal: AbortSignal
  /**
   * Aborts when the work must come to rest: then waits end and no new batch begins. Also aborts
   * with `signal`.
   */
  rest: AbortSignal
  /** Left out if there are no hints. In that case, every check waits for its time. */
  nudges?: Nudges
  /** Throws `FenceLost` if the lease is over by the monotonic clock. */
  assertHeld(): void
  /**
   * Runs a wait in which the lane sends nothing and only learns the outcome of what was sent. The
   * lease is kept. Meanwhile, the worker may work on another lane. Left out if the worker has no
   * other lane.
   */
  aside?<T>(wait: () => Promise<T>): Promise<T>
}

/**
 * Works on one upload until it ends, is held, or the work must stop between two batches. Throws
 * `FenceLost` or the abort's reason.
 */
export type DeliverUpload = (claim: LaneClaim, upload: Upload, lease: Lease) => Promise<void>
