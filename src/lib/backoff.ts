/**
 * The longest random wait before a retry. It is `baseMs` at first, doubles with each attempt, and
 * is never more than `capMs`.
 */
export type BackoffPolicy = { baseMs: number; capMs: number }

/**
 * Returns how long to wait after failed attempt number `attempt` (from 1), in milliseconds. The
 * wait is a random time of at most min(capMs, baseMs·2^(attempt-1)). If a server requires a wait,
 * this wait (`retryAfterMs`) is added. AWS calls the random wait "full jitter" [guide-api: Errors
 * and retries]. The randomness keeps many clients from retrying at the same moment.
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
