import type { Clock } from '../../lib/clock.ts'

/** What an answer's headers report about Genesys' own count. null if they report nothing. */
export type PaceHint = { remaining: number | null; allowed: number | null }

export type PaceHints = {
  /** true when the ceiling changed by it. */
  learn(hint: PaceHint): boolean
  /** The configured pace, or the lower one that Genesys named within the last minutes. */
  perMinute(): number
  /**
   * 1, or how many times longer the wait for the next slot is while Genesys reports that almost
   * nothing is left.
   */
  stretch(): number
  /** The rest that Genesys last reported. */
  remaining(): number | null
}

/**
 * The customer's contract changes limits, which is rare. A lower one is checked again after this
 * time.
 */
const CEILING_KEPT_MS = 300_000
/** A rest of some seconds ago has no meaning now. */
const REMAINING_KEPT_MS = 5_000
/** Below 10 a minute a header is more likely wrong than right. */
const LEAST_CEILING = 10
/**
 * Less than this share of a minute's pace is next to nothing; our own 2.5 % below the limit leave
 * more.
 */
const SCARCE_SHARE = 0.015
const MAX_STRETCH = 8

/** Hints can only slow the gateway down, never speed it up, and are temporary. */
export const createPaceHints = (deps: { configured: number; clock: Clock }): PaceHints => {
  const { configured, clock } = deps
  let ceiling = { perMinute: configured, untilMs: -Infinity }
  let left: { count: number; untilMs: number } | null = null
  const perMinute = (): number =>
    clock.monotonicMs() < ceiling.untilMs ? ceiling.perMinute : configured

  return {
    perMinute,
    remaining: () => left?.count ?? null,
    learn: ({ allowed, remaining }) => {
      const nowMs = clock.monotonicMs()
      left = remaining === null ? null : { count: remaining, untilMs: nowMs + REMAINING_KEPT_MS }
      if (allowed === null || allowed < LEAST_CEILING) return false
      const before = perMinute()
      ceiling = { perMinute: Math.min(configured, allowed), untilMs: nowMs + CEILING_KEPT_MS }
      return perMinute() !== before
    },
    stretch: () => {
      if (left === null || clock.monotonicMs() >= left.untilMs) return 1
      const scarce = Math.max(2, perMinute() * SCARCE_SHARE)
      return Math.min(MAX_STRETCH, Math.max(1, scarce / Math.max(left.count, scarce / MAX_STRETCH)))
    },
  }
}
