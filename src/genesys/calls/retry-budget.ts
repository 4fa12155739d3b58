import type { Clock } from '../../lib/clock.ts'

/** Retries over a while are at most this share of the calls, beyond the floor. */
const SHARE_OF_CALLS = 0.2
/**
 * One retry a second is always there: enough to see the end of an outage, too little to make one
 * worse.
 */
const FLOOR_PER_SECOND = 1
/** What a quiet time saves up at most: a short trouble is retried without delay. */
const MOST_SAVED = 20

/** How much a whole client may retry, over all its calls. */
export type RetryBudget = {
  /** A call was made for the first time. */
  called(): void
  /** How long a retry taken now would have to wait for its turn; 0 = it may go. */
  waitMs(): number
  /** Takes a retry; those taken ahead of the budget push the next ones back. */
  take(): void
}

/** A balance that calls and time fill and retries use up. */
export const createRetryBudget = (deps: { clock: Clock }): RetryBudget => {
  let balance = MOST_SAVED
  let atMs = deps.clock.monotonicMs()
  const add = (amount: number): void => {
    const nowMs = deps.clock.monotonicMs()
    const earned = ((nowMs - atMs) / 1000) * FLOOR_PER_SECOND
    atMs = nowMs
    balance = Math.min(MOST_SAVED, balance + earned + amount)
  }
  return {
    called: () => add(SHARE_OF_CALLS),
    waitMs: () => {
      add(0)
      return balance >= 1 ? 0 : Math.ceil(((1 - balance) / FLOOR_PER_SECOND) * 1000)
    },
    take: () => add(-1),
  }
}
