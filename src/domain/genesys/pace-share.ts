/**
 * The effect of a 429 on the pace: additive increase and multiplicative decrease of the share of
 * the allowed pace that is in force. The bucket keeps the share and the time since the last
 * refusal. Everything else follows from the time, so that all instances agree.
 */
export const PACE_SHARE_RULE = {
  full: 1,
  /**
   * A 429 leaves this much of the share; well under 1, so that a real limit of half the configured
   * one is met in two steps.
   */
  cutFactor: 0.7,
  /** Refusals within this time of a cut speak of the same excess. */
  cutPauseMs: 1_000,
  /**
   * Never slower than this share of the allowed pace: something must be sent to learn that more is
   * possible.
   */
  floor: 0.1,
  /**
   * Given back for every `stepMs` without a 429: from the floor to the whole pace in three minutes.
   */
  step: 0.05,
  stepMs: 10_000,
} as const

/** The share in force after `quietMs` without a refusal. A negative time: still blocked. */
export const grownShare = (share: number, quietMs: number): number =>
  Math.min(
    PACE_SHARE_RULE.full,
    share + (PACE_SHARE_RULE.step * Math.max(0, quietMs)) / PACE_SHARE_RULE.stepMs,
  )

/** The share that a 429 leaves. */
export const cutShare = (share: number): number =>
  Math.max(PACE_SHARE_RULE.floor, share * PACE_SHARE_RULE.cutFactor)
