import type { Nudges } from '../workflows/ports/delivery/lease.ts'

/** The nudges of one claim. Several nudges that arrive before the first is used count as one. */
export const createNudges = (): Nudges & {
  /**
   * Records that the store has counted `count` nudges since the claim. Does nothing if this number
   * is already known.
   */
  hear(count: number): void
} => {
  let heard = 0
  let pending = false
  let next = new AbortController()
  return {
    take: () => {
      const taken = pending
      pending = false
      return taken
    },
    next: () => next.signal,
    hear: (count) => {
      if (count <= heard) return
      heard = count
      pending = true
      next.abort(new Error('the lane was nudged'))
      next = new AbortController()
    },
  }
}
