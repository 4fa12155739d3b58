import type { Clock } from '../../lib/clock.ts'

/**
 * How many requests are left and how many are allowed, by the headers of an answer. null: unknown.
 */
export type PaceHint = { remaining: number | null; allowed: number | null }

export type PaceHints = {
  /** Takes a hint into account. true: the pace changed because of it. */
  learn(hint: PaceHint): boolean
  /** The configured pace, or a lower one that Genesys named within the last five minutes. */
  perMinute(): number
  /**
   * The factor by which the wait for the next slot grows when Genesys reports that almost nothing
   * is left. 1: it does not grow.
   */
  stretch(): number
  /** How many requests are left, as Genesys reported last. null: not reported. */
  remaining(): number | null
}

/**
 * Limits change rarely, with the customer's contract. A lower limit that Genesys named applies for
 * this time. If Genesys names it again, the time begins again.
 */
const CEILING_KEPT_MS = 300_000
/** How long a reported number of remaining requests counts. */
const REMAINING_KEPT_MS = 5_000
/** A limit below 10 a minute is probably an error of the header, so it is ignored. */
const LEAST_CEILING = 10
/**
 * Less than this share of a minute's pace counts as almost nothing. The gateway stays 2.5 % below
 * the limit, so more than this share is normally left.
 */
const SCARCE_SHARE = 0.015
const MAX_STRETCH = 8

/** Hints can only slow the gateway down, never speed it up. Their effect ends after a time. */
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
