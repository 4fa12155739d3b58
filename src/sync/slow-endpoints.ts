/** An attempt that takes longer than this makes its endpoint a slow one. */
const SLOW_MS = 2_000

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
      if (tookMs > SLOW_MS) slow.add(endpointId)
      else slow.delete(endpointId)
    },
    has: (endpointId) => slow.has(endpointId),
  }
}
