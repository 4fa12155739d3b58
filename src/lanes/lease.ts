import type { Clock } from '../lib/clock.ts'
import type { LaneClaim } from '../workflows/ports/delivery/delivery.ts'
import { FenceLost } from '../workflows/ports/delivery/delivery.ts'
import type { LaneStore, Lease, Nudges } from '../workflows/ports/delivery/lease.ts'
import { createNudges } from './nudges.ts'

/**
 * A lease of 10 s is renewed every 3 s [design: 8], so the lease is still valid after two failed
 * renewals.
 */
const RENEW_EVERY_MS = 3_000
/** The wait before a failed renewal is tried again. */
const RENEW_AGAIN_MS = 500
/**
 * How long a renewal may take. One statement renews all leases of the process. If this statement
 * hangs, the worker stops waiting in time to send another statement.
 */
const RENEW_WITHIN_MS = 2_000
/**
 * How long before the end of the lease the work is aborted, so that no request is open when the
 * lease ends.
 */
const ABORT_AHEAD_MS = 1_000

export type KeptLease = Lease & {
  readonly laneKey: string
  readonly claimedAtMs: number
  aside<T>(wait: () => Promise<T>): Promise<T>
  /** Whether the work on this lane only waits for Genesys at the moment. */
  isAside(): boolean
  nudges: Nudges
  /**
   * Passes on that the store has counted `count` nudges since the claim. Does nothing if this
   * number is already known.
   */
  nudge(count: number): void
  /** Asks the work to stop between two batches. */
  askToRest(): void
  /** Aborts the work immediately. */
  abort(reason: Error): void
  /** Ends the renewals. Resolves when no renewal is running. */
  end(): Promise<void>
}

const createAsides = (wentAside?: () => void): Pick<KeptLease, 'aside' | 'isAside'> => {
  let under = 0
  return {
    isAside: () => under > 0,
    aside: async (wait) => {
      under += 1
      wentAside?.()
      try {
        return await wait()
      } finally {
        under -= 1
      }
    },
  }
}

/**
 * Keeps the lease of a claimed lane. Computes the end of the lease on the monotonic clock. The
 * lease counts from the moment before the statement that claimed or renewed it. The computed end is
 * therefore never later than the end in the database.
 */
export const keepLease = (
  deps: { lanes: Pick<LaneStore, 'renew'>; clock: Clock; wentAside?: () => void },
  claim: LaneClaim,
  claimedAtMs: number,
): KeptLease => {
  const { lanes, clock } = deps
  const aborted = new AbortController()
  const resting = new AbortController()
  const ended = new AbortController()
  const nudges = createNudges()
  let endsAtMs = claimedAtMs + claim.leaseMs

  const abort = (reason: Error): void => {
    aborted.abort(reason)
    resting.abort(reason)
  }
  const renewals = async (): Promise<void> => {
    let waitMs = untilBeat(clock)
    while (await slept(clock, waitMs, ended.signal)) {
      const beforeMs = clock.monotonicMs()
      const kept = await answerWithin(clock, RENEW_WITHIN_MS, lanes.renew(claim))
      if (kept === null) return abort(new FenceLost(`lane ${claim.key} has another holder`))
      waitMs = kept ? untilBeat(clock) : RENEW_AGAIN_MS
      if (!kept) continue
      endsAtMs = Math.max(endsAtMs, beforeMs + claim.leaseMs)
      nudges.hear(kept.nudges)
    }
  }
  // The watch runs separately from the renewals, because a renewal may hang.
  const watch = async (): Promise<void> => {
    for (;;) {
      const leftMs = endsAtMs - ABORT_AHEAD_MS - clock.monotonicMs()
      if (leftMs <= 0) {
        abort(new FenceLost(`the lease of lane ${claim.key} ran out`))
        return
      }
      if (!(await slept(clock, leftMs, ended.signal))) return
    }
  }
  const renewed = renewals()
  void watch()

  return {
    signal: aborted.signal,
    rest: resting.signal,
    laneKey: claim.key,
    claimedAtMs,
    nudges,
    ...createAsides(deps.wentAside),
    nudge: nudges.hear,
    assertHeld: () => {
      aborted.signal.throwIfAborted()
      if (clock.monotonicMs() >= endsAtMs) throw new FenceLost(`lane ${claim.key}: lease is over`)
    },
    askToRest: () => resting.abort(new Error('the lane comes to rest')),
    abort,
    end: async () => {
      ended.abort()
      await renewed
    },
  }
}

/**
 * The time until the next renewal. All leases of a process are renewed at the same moments, so that
 * the store can renew them with one statement.
 */
const untilBeat = (clock: Clock): number => RENEW_EVERY_MS - (clock.monotonicMs() % RENEW_EVERY_MS)

/**
 * Waits for the answer to a renewal. undefined: the answer did not arrive in time, or is an error.
 */
const answerWithin = async <T>(
  clock: Clock,
  ms: number,
  answer: Promise<T>,
): Promise<T | undefined> => {
  const over = new AbortController()
  const late = slept(clock, ms, over.signal).then(() => undefined)
  try {
    return await Promise.race([answer, late])
  } catch {
    return undefined
  } finally {
    over.abort()
  }
}

/** Waits for `ms`. false: the signal ended the wait. */
export const slept = async (clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> => {
  try {
    await clock.sleep(ms, signal)
    return !signal.aborted
  } catch {
    return false
  }
}
