/**
 * What a 429 does to the pace. The share is the part of the configured pace that is in force. A
 * refusal multiplies the share by a factor, at most once in `cutPauseMs`. Afterwards, the share
 * grows evenly with time (additive increase, multiplicative decrease). The bucket stores the share
 * after the last cut, the time of the cut, and the time from which the share grows. All instances
 * compute the present share from these three values, so they get the same result.
 */
export const PACE_SHARE_RULE = {
  full: 1,
  /**
   * A 429 multiplies the share by this factor. If the real limit is half of the configured limit,
   * the pace is below the real limit after two cuts.
   */
  cutFactor: 0.7,
  /**
   * Refusals within this time after a cut probably have the same cause, so they do not cut again.
   */
  cutPauseMs: 1_000,
  /**
   * The share is never smaller than this. Without any calls, the gateway could not find out that
   * Genesys accepts more calls again.
   */
  floor: 0.1,
  /**
   * Without a 429, the share grows evenly, by this much in `stepMs`. Growing from the floor to the
   * whole pace takes three minutes.
   */
  step: 0.05,
  stepMs: 10_000,
} as const

/**
 * The share after `quietMs` without a refusal. `quietMs` is negative while the bucket is blocked
 * after a 429.
 */
export const grownShare = (share: number, quietMs: number): number =>
  Math.min(
    PACE_SHARE_RULE.full,
    share + (PACE_SHARE_RULE.step * Math.max(0, quietMs)) / PACE_SHARE_RULE.stepMs,
  )

/** The share after a 429. */
export const cutShare = (share: number): number =>
  Math.max(PACE_SHARE_RULE.floor, share * PACE_SHARE_RULE.cutFactor)
