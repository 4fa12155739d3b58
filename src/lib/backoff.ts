/**
 * The ceiling of the waits between retries starts at `baseMs`, doubles with each attempt, and stops
 * at `capMs`.
 */
export type BackoffPolicy = { baseMs: number; capMs: number }

/**
 * How long to wait after failed attempt number `attempt` (from 1), in milliseconds. The result is
 * `retryAfterMs`, if a server requires it, plus a random time of at most min(capMs,
 * baseMs·2^(attempt-1)). AWS calls this "full jitter" [guide-api: Errors and retries]. It keeps
 * many clients from retrying at the same moment.
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
