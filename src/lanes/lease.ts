import type { Clock } from '../lib/clock.ts'
import type { LaneClaim } from '../workflows/ports/delivery/delivery.ts'
import { FenceLost } from '../workflows/ports/delivery/delivery.ts'
import type { LaneStore, Lease, Nudges } from '../workflows/ports/delivery/lease.ts'
import { createNudges } from './nudges.ts'

/** Renewed every 3 s of a 10 s lease [design: 8]: two renewals may fail. */
const RENEW_EVERY_MS = 3_000
/** A renewal that failed is tried again soon. */
const RENEW_AGAIN_MS = 500
/**
 * One answer covers all leases of the process: an unanswered statement is given up while there is
 * time for another.
 */
const RENEW_WITHIN_MS = 2_000
/** How long before the lease runs out work is aborted, so that nothing of it is in flight then. */
const ABORT_AHEAD_MS = 1_000

export type KeptLease = Lease & {
  readonly laneKey: string
  readonly claimedAtMs: number
  aside<T>(wait: () => Promise<T>): Promise<T>
  /** The work only waits for Genesys at present. */
  isAside(): boolean
  nudges: Nudges
  /** The lane was nudged for the `count`th time since its claim. A known nudge is ignored. */
  nudge(count: number): void
  /** Asks the work to come to rest between two batches. */
  askToRest(): void
  /** Aborts the work immediately. */
  abort(reason: Error): void
  /** Ends the renewals. Resolves when none is waited for. */
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
 * Keeps a claimed lane's lease. Its end is computed on the monotonic clock, from before the
 * statement that gave or renewed it. So it is never believed to last longer than the database says.
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
  // Apart from the renewals, for one of them may hang.
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
 * All leases of a process are renewed at the same beats, so that the store can renew them in one
 * statement.
 */
const untilBeat = (clock: Clock): number => RENEW_EVERY_MS - (clock.monotonicMs() % RENEW_EVERY_MS)

/** undefined: no answer in time, or a failure. */
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

/** false when the signal ended the wait. */
export const slept = async (clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> => {
  try {
    await clock.sleep(ms, signal)
    return !signal.aborted
  } catch {
    return false
  }
}
