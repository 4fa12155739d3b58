import type { ListCache } from '../../../src/workflows/ports/delivery/delivery.ts'

/**
 * The copies of contact lists, kept in memory. `ageMs` is the age that every copy is said to have.
 */
export const createMemoryLists = (): ListCache & {
  ageMs: number
  entries: Map<string, unknown>
} => {
  const entries = new Map<string, never>()
  const cache = {
    ageMs: 0,
    entries,
    get: async (id: string) => {
      const list = entries.get(id)
      return list === undefined ? null : { list, ageMs: cache.ageMs }
    },
    put: async (list: { id: string }) => {
      entries.set(list.id, list as never)
    },
  }
  return cache
}
