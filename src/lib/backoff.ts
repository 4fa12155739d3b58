/** The schedule of a retry: full jitter over an exponentially growing ceiling. */
export type BackoffPolicy = { baseMs: number; capMs: number }

/**
 * The wait before attempt `attempt + 1` (attempt counts from 1), in milliseconds: random in
 * [0, min(cap, base·2^(attempt-1))], but never less than `retryAfterMs`, to which jitter only adds.
 * AWS calls it "full jitter" [guide-api: Errors and retries].
 */
export const backoffMs = (
  policy: BackoffPolicy,
  attempt: number,
  random: () => number,
  retryAfterMs = 0,
): number => {
  const ceiling = Math.min(policy.capMs, policy.baseMs * 2 ** Math.min(30, attempt - 1))
  return Math.ceil(retryAfterMs + random() * ceiling)
}
