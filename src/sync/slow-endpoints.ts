/** An attempt that takes longer than this makes its endpoint a slow one. */
const SLOW_MS = 2_000
/** The limit is needed, because no event removes an endpoint that was deleted. */
const MOST_REMEMBERED = 10_000

export type SlowEndpoints = {
  /** Notes how long the latest attempt at an endpoint took until the answer, or until it failed. */
  note(endpointId: string, tookMs: number): void
  has(endpointId: string): boolean
}

/** The endpoints whose latest attempt was slow. */
export const createSlowEndpoints = (): SlowEndpoints => {
  const slow = new Set<string>()
  return {
    note: (endpointId, tookMs) => {
      slow.delete(endpointId)
      if (tookMs <= SLOW_MS) return
      slow.add(endpointId)
      const [oldest] = slow
      if (slow.size > MOST_REMEMBERED && oldest !== undefined) slow.delete(oldest)
    },
    has: (endpointId) => slow.has(endpointId),
  }
}
