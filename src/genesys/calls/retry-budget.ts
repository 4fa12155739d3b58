import type { Clock } from '../../lib/clock.ts'

/** Over time, retries may be at most this share of the calls, plus `FLOOR_PER_SECOND`. */
const SHARE_OF_CALLS = 0.2
/**
 * One retry a second is always allowed. That is enough to notice the end of an outage, and too
 * little to make an outage worse.
 */
const FLOOR_PER_SECOND = 1
/**
 * The most retries that are saved up while calls succeed, so that a short failure is retried
 * without delay.
 */
const MOST_SAVED = 20

/** Limits how much a whole client may retry, over all its calls. */
export type RetryBudget = {
  /** Call it for each call, at its first attempt. */
  called(): void
  /** How long a retry must wait for its turn. 0: it may be made now. */
  waitMs(): number
  /**
   * Takes a retry from the budget. A retry may be taken before its turn. Later retries then wait
   * longer.
   */
  take(): void
}

/** Creates a budget. Each call and each second add to it, and each retry takes from it. */
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
