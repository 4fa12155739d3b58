import type { Nudges } from '../workflows/ports/delivery/lease.ts'

/** The nudges of one claim. All nudges that come before they are read count as one. */
export const createNudges = (): Nudges & {
  /** The store counts `count` since the claim. A known nudge is ignored. */
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
