import type { Upload } from '../../../domain/uploads/upload.ts'
import type { LaneClaim } from './delivery.ts'

/** The leases of lanes. */
export type LaneStore = {
  /**
   * Claims the ready lane that has waited longest. The claim lasts 10 s by the database's clock.
   * null: no lane is ready.
   */
  claim(owner: string): Promise<LaneClaim | null>
  /**
   * Extends the lease by its full length. Returns how often the lane was nudged since the claim, or
   * null if the lane has been claimed again.
   */
  renew(claim: LaneClaim): Promise<{ nudges: number } | null>
  /**
   * Releases the lane. It is ready again after `readyInMs` if it has work. If it was given work
   * while it was claimed, it is ready immediately.
   */
  release(claim: LaneClaim, readyInMs: number): Promise<void>
  /** Whether a lane that nobody holds is ready. */
  anyReady(): Promise<boolean>
  /**
   * Frees every lane. Call it only on the embedded home, whose process lock proves that no other
   * process holds a lane.
   */
  freeAll(): Promise<void>
  /**
   * Ends at most 100 time-limited holds (such as `not_before`) whose time has come. Puts their
   * uploads back into the lanes. Returns the number of these uploads. Holds that end by a check
   * stay: see `HoldStore`.
   */
  wakeHeld(): Promise<number>
  /**
   * Finds lanes that have work, but that nobody holds and that would never become ready. Makes
   * these lanes ready. Returns how many it found. If it found any, a statement probably has a bug.
   */
  repair(): Promise<number>
}

/**
 * Hints that the event for which a lane waits, such as the end of a job, may have happened. A hint
 * only makes the next check happen earlier.
 */
export type Nudges = {
  /** Whether there was a nudge since the last call. */
  take(): boolean
  /** Aborts at the next nudge. */
  next(): AbortSignal
}

/** A lane's lease, for the code that works on the lane. */
export type Lease = {
  /**
   * Aborts in three cases: 1 s before the lease expires without renewal, when the lease is lost,
   * and when a stopping process gives no more time.
   */
  signal: AbortSignal
  /**
   * Aborts when the work must pause: waits then end, and no new batch begins. Also aborts when
   * `signal` aborts.
   */
  rest: AbortSignal
  /** Left out if there are no hints. In that case, every check happens at its planned time. */
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
 * `FenceLost`, `StoreUnavailable` or the abort's reason.
 */
export type DeliverUpload = (claim: LaneClaim, upload: Upload, lease: Lease) => Promise<void>
