import type { Clock } from '../../lib/clock.ts'

export type SandboxDialect = 'guide' | 'platform'

/** Both published limits are per minute [guide-api: Contacts] [platform-api: 2.11]. */
const WINDOW_MS = 60_000

export type Verdict = {
  admitted: boolean
  limit: number
  /** How many calls were admitted within the last 60 s, including this call if it was admitted. */
  used: number
  remaining: number
  /** The seconds until the oldest admitted call leaves the window. At least 1. */
  resetSeconds: number
}

export type WindowReport = {
  limit: number
  arrivals: number
  /** How many calls arrived while the window was full. Each was answered with 429. */
  violations: number
  /** The most calls of one client that arrived within 60 seconds, including refused ones. */
  maxPerWindow: number
  /**
   * The number of admitted calls, divided by the number of calls that the limit allows in the same
   * time. The time runs from the first arrival to the last, and counts as at least one window.
   */
  utilisation: number
}

/**
 * A strict sliding window of 60 s for each OAuth client and dialect. It counts calls by the time of
 * their arrival.
 */
export type RateReferee = {
  arrive(clientId: string, dialect: SandboxDialect): Verdict
  report(): Record<SandboxDialect, WindowReport>
  reset(): void
}

type Window = { admitted: number[]; arrivals: number[] }
type Tally = {
  arrivals: number
  violations: number
  maxPerWindow: number
  firstMs: number
  lastMs: number
}

const dropBefore = (times: number[], beginMs: number): void => {
  let stale = 0
  while (stale < times.length && times[stale]! <= beginMs) stale += 1
  if (stale > 0) times.splice(0, stale)
}

/**
 * `limits`: how many calls each client may make within 60 s, by dialect. Refused calls do not count
 * towards the limit.
 */
export const createRateReferee = (deps: {
  clock: Clock
  limits: Record<SandboxDialect, number>
}): RateReferee => {
  const windows = new Map<string, Window>()
  const tallies = new Map<SandboxDialect, Tally>()
  const tallyOf = (dialect: SandboxDialect, now: number): Tally => {
    const tally = tallies.get(dialect) ?? {
      arrivals: 0,
      violations: 0,
      maxPerWindow: 0,
      firstMs: now,
      lastMs: now,
    }
    tallies.set(dialect, tally)
    return tally
  }
  const reportOf = (dialect: SandboxDialect): WindowReport => {
    const limit = deps.limits[dialect]
    const tally = tallies.get(dialect)
    if (!tally) return { limit, arrivals: 0, violations: 0, maxPerWindow: 0, utilisation: 0 }
    const { arrivals, violations, maxPerWindow } = tally
    const minutes = Math.max(WINDOW_MS, tally.lastMs - tally.firstMs) / WINDOW_MS
    const utilisation = (arrivals - violations) / (limit * minutes)
    return { limit, arrivals, violations, maxPerWindow, utilisation }
  }
  return {
    arrive: (clientId, dialect) => {
      const now = deps.clock.monotonicMs()
      const limit = deps.limits[dialect]
      const key = `${dialect} ${clientId}`
      const window = windows.get(key) ?? { admitted: [], arrivals: [] }
      windows.set(key, window)
      dropBefore(window.admitted, now - WINDOW_MS)
      dropBefore(window.arrivals, now - WINDOW_MS)
      window.arrivals.push(now)
      const admitted = window.admitted.length < limit
      if (admitted) window.admitted.push(now)
      const tally = tallyOf(dialect, now)
      tally.arrivals += 1
      tally.lastMs = now
      if (!admitted) tally.violations += 1
      tally.maxPerWindow = Math.max(tally.maxPerWindow, window.arrivals.length)
      const used = window.admitted.length
      const oldest = window.admitted[0] ?? now
      const resetSeconds = Math.max(1, Math.ceil((oldest + WINDOW_MS - now) / 1000))
      return { admitted, limit, used, remaining: Math.max(0, limit - used), resetSeconds }
    },
    report: () => ({ guide: reportOf('guide'), platform: reportOf('platform') }),
    reset: () => {
      windows.clear()
      tallies.clear()
    },
  }
}
