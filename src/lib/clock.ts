import { setTimeout as delay } from 'node:timers/promises'

/** Time, injected everywhere so that tests can own it. */
export type Clock = {
  /** Wall clock; only for stamps and tolerances, never for leases. */
  now(): Date
  /** Milliseconds that never jump; for leases, deadlines and durations. */
  monotonicMs(): number
  /** Resolves after `ms`. Rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      await delay(ms, undefined, signal ? { signal } : {})
    } catch (error) {
      // Node rejects with an AbortError of its own; callers look at the reason.
      signal?.throwIfAborted()
      throw error
    }
  },
}
