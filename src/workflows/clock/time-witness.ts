import type { Clock } from '../../lib/clock.ts'

/**
 * The clock of another computer, read from its answers and continued by this process' monotonic
 * clock.
 */
export type TimeWitness = {
  /** The time that an answer carried, in milliseconds since 1970. */
  hear(ms: number): void
  /** The time of that clock now. null if no answer within the last hour carried a time. */
  nowMs(): number | null
}

/**
 * Nothing corrects a monotonic clock, so after an hour without a reading it may be off by seconds.
 */
const HEARD_FOR_MS = 3_600_000

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
