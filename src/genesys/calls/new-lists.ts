import type { Clock } from '../../lib/clock.ts'

/** Genesys indexes a list for up to 30 s after it was made; until then a 404 only means "not yet" (guide-api, errors table). */
const PROVISIONING_MS = 30_000

/** The lists that this process made a moment ago. */
export type NewLists = {
  add(listId: string): void
  has(listId: string): boolean
}

export const createNewLists = (deps: { clock: Clock }): NewLists => {
  const { clock } = deps
  const madeAtMs = new Map<string, number>()
  return {
    add: (listId) => {
      for (const [id, ms] of madeAtMs) {
        if (clock.monotonicMs() - ms > PROVISIONING_MS) madeAtMs.delete(id)
      }
      madeAtMs.set(listId, clock.monotonicMs())
    },
    has: (listId) => {
      const ms = madeAtMs.get(listId)
      return ms !== undefined && clock.monotonicMs() - ms <= PROVISIONING_MS
    },
  }
}
