import { CALL_CLASSES, type CallClass } from '../../workflows/ports/genesys/genesys.ts'

/** A call that waits for a slot. */
export type Waiter = {
  tenantId: string
  rank: number
  admit(): void
  refuse(error: unknown): void
}

/**
 * The calls that wait for a slot. More urgent classes go first. Within a class, tenants take turns.
 */
export type WaitingRoom = {
  add(waiter: Waiter): void
  remove(waiter: Waiter): void
  /** Removes and returns the call that gets the next slot. null: no call waits. */
  take(): Waiter | null
  /**
   * The rank of the call that gets a slot after `ahead` others. null: at most `ahead` calls wait.
   */
  rankAfter(ahead: number): number | null
  size(): number
  waiting(): Record<CallClass, number>
}

const rankOf = (index: number): CallClass => CALL_CLASSES[index] ?? 'poll'

/**
 * A rank is an index in `CALL_CLASSES`. `add` throws for any other rank. `remove` does nothing if
 * the call no longer waits.
 */
export const createWaitingRoom = (): WaitingRoom => {
  /**
   * The waiting calls by rank, then by tenant. A tenant that just got a slot moves to the end of
   * the map of that rank.
   */
  const lines: Map<string, Set<Waiter>>[] = CALL_CLASSES.map(() => new Map())
  const counts = CALL_CLASSES.map(() => 0)

  const remove = (waiter: Waiter): void => {
    const line = lines[waiter.rank]
    const own = line?.get(waiter.tenantId)
    if (!line || !own?.delete(waiter)) return
    counts[waiter.rank] = (counts[waiter.rank] ?? 0) - 1
    if (own.size === 0) line.delete(waiter.tenantId)
  }

  const takeFrom = (line: Map<string, Set<Waiter>>): Waiter | null => {
    for (const [tenantId, own] of line) {
      for (const waiter of own) {
        remove(waiter)
        if (own.size > 0) {
          line.delete(tenantId)
          line.set(tenantId, own)
        }
        return waiter
      }
    }
    return null
  }

  return {
    add: (waiter) => {
      const line = lines[waiter.rank]
      if (!line) throw new Error(`no such rank: ${waiter.rank}`)
      const own = line.get(waiter.tenantId) ?? new Set()
      own.add(waiter)
      line.set(waiter.tenantId, own)
      counts[waiter.rank] = (counts[waiter.rank] ?? 0) + 1
    },
    remove,
    take: () => {
      for (const line of lines) {
        const waiter = takeFrom(line)
        if (waiter) return waiter
      }
      return null
    },
    rankAfter: (ahead) => {
      let seen = 0
      for (const [rank, count] of counts.entries()) {
        seen += count
        if (seen > ahead) return rank
      }
      return null
    },
    size: () => counts.reduce((sum, count) => sum + count, 0),
    waiting: () =>
      Object.fromEntries(counts.map((count, rank) => [rankOf(rank), count])) as Record<
        CallClass,
        number
      >,
  }
}
