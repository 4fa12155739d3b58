import type { Clock } from '../../lib/clock.ts'

/**
 * The clock of another computer. Its time is read from the computer's answers, and continued with
 * the monotonic clock of this process.
 */
export type TimeWitness = {
  /** Records the time in an answer, in milliseconds since 1970. */
  hear(ms: number): void
  /** The current time of that clock. null if no answer within the last hour had a time. */
  nowMs(): number | null
}

/**
 * Nothing corrects a monotonic clock, so after an hour without a reading it may be off by seconds.
 */
const HEARD_FOR_MS = 3_600_000

/** Begins without a time: `nowMs` returns null until the first `hear`. */
export const createTimeWitness = ({ clock }: { clock: Clock }): TimeWitness => {
  let heard: { ms: number; atMs: number } | null = null
  return {
    hear: (ms) => {
      heard = { ms, atMs: clock.monotonicMs() }
    },
    nowMs: () => {
      if (heard === null) return null
      const sinceMs = clock.monotonicMs() - heard.atMs
      return sinceMs > HEARD_FOR_MS ? null : heard.ms + sinceMs
    },
  }
}
