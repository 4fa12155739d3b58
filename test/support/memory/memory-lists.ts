import type { ListCache } from '../../../src/workflows/ports/contact-lists/list-cache.ts'

/** The copies of contact lists, in memory. `ageMs`: the age of every copy. */
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
      const { ageMs } = cache
      return list === undefined ? null : { list, ageMs, provenMs: ageMs }
    },
    put: async (list: { id: string }) => {
      entries.set(list.id, list as never)
    },
  }
  return cache
}
