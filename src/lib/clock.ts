import { setTimeout as delay } from 'node:timers/promises'

/**
 * Access to time. Code that needs time gets a clock as a dependency, so that tests can control it.
 */
export type Clock = {
  /**
   * The time of day, for timestamps and tolerances. This clock can jump, so do not use it for
   * leases.
   */
  now(): Date
  /**
   * Milliseconds on a clock that never jumps. Use it for deadlines and durations, and for the time
   * that is left of a lease.
   */
  monotonicMs(): number
  /** Resolves after `ms`. If the signal aborts, the promise rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      await delay(ms, undefined, signal ? { signal } : {})
    } catch (error) {
      // Node rejects with its own AbortError, but callers examine the signal's reason.
      signal?.throwIfAborted()
      throw error
    }
  },
}
