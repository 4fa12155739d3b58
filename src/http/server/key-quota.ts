import type { Clock } from '../../lib/clock.ts'

/** The length of the quota's window in seconds: `w` in RateLimit-Policy. */
export const QUOTA_WINDOW_SECONDS = 60
const MAX_KEYS = 10_000

export type QuotaVerdict = {
  allowed: boolean
  remaining: number
  /** Whole seconds until the window ends and the quota is full again. At least 1. */
  resetSeconds: number
}

/**
 * Counts the calls of each key, in this process. A window of 60 s begins with the first call of a
 * key. The next window begins with the first call after that window.
 */
export const createKeyQuota = (deps: { clock: Clock; perMinute: number }) => {
  const windows = new Map<string, { calls: number; endsMs: number }>()
  const current = (keyId: string, nowMs: number) => {
    const known = windows.get(keyId)
    if (known && known.endsMs > nowMs) return known
    windows.delete(keyId)
    if (windows.size >= MAX_KEYS) windows.delete(windows.keys().next().value ?? '')
    const fresh = { calls: 0, endsMs: nowMs + QUOTA_WINDOW_SECONDS * 1000 }
    windows.set(keyId, fresh)
    return fresh
  }
  return {
    perMinute: deps.perMinute,
    /** Counts a call. A refused call is not counted. */
    take: (keyId: string): QuotaVerdict => {
      const nowMs = deps.clock.monotonicMs()
      const window = current(keyId, nowMs)
      const allowed = window.calls < deps.perMinute
      if (allowed) window.calls += 1
      return {
        allowed,
        remaining: deps.perMinute - window.calls,
        resetSeconds: Math.max(1, Math.ceil((window.endsMs - nowMs) / 1000)),
      }
    },
  }
}
export type KeyQuota = ReturnType<typeof createKeyQuota>

/**
 * The headers `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10, sections
 * 3 and 4).
 */
export const quotaHeaders = (perMinute: number, verdict: QuotaVerdict): Record<string, string> => ({
  'ratelimit-policy': `"key";q=${perMinute};w=${QUOTA_WINDOW_SECONDS}`,
  ratelimit: `"key";r=${verdict.remaining};t=${verdict.resetSeconds}`,
})
