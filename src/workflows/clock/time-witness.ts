import type { Clock } from '../../lib/clock.ts'

/** Another clock, read now and then, and continued by our monotonic one. */
export type TimeWitness = {
  /** The time that an answer carried, in milliseconds since 1970. */
  hear(ms: number): void
  /** The time of that clock now. null when it was not read for long. */
  nowMs(): number | null
}

/** A monotonic clock runs on without corrections: after this it may be off by seconds. */
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
