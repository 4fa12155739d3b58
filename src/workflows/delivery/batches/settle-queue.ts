/**
 * A queue. While it is being filled, its items are worked on, a few at a time and the oldest first.
 */
export type SettleQueue<T> = {
  push(item: T): void
  /** Takes an item out. The work on an item calls this once the item needs no further work. */
  remove(item: T): void
  all(): readonly T[]
  /**
   * Waits until the queue is shorter than `length`. If the work on an item failed, throws its
   * error. If the failed work did not remove the item, the item stays in the queue, and the next
   * wait works on the item again.
   */
  belowLength(length: number): Promise<void>
  /** Waits until all items are done. Throws as `belowLength` does. */
  emptied(): Promise<void>
  /** Begins no more work, and resolves when none is running. */
  close(): Promise<void>
}

/** `width`: how many items are worked on at the same time. */
export const createSettleQueue = <T>(
  width: number,
  work: (item: T) => Promise<void>,
): SettleQueue<T> => {
  const items: T[] = []
  const busy = new Set<T>()
  let failed: { error: unknown } | null = null
  let closed = false
  let change = Promise.withResolvers<void>()

  const one = async (item: T): Promise<void> => {
    try {
      await work(item)
    } catch (error) {
      failed ??= { error }
    } finally {
      busy.delete(item)
      change.resolve()
      change = Promise.withResolvers<void>()
      begin()
    }
  }
  const begin = (): void => {
    while (failed === null && !closed && busy.size < width) {
      const next = items.find((item) => !busy.has(item))
      if (next === undefined) return
      busy.add(next)
      void one(next)
    }
  }
  const until = async (met: () => boolean): Promise<void> => {
    for (;;) {
      if (failed !== null) {
        const { error } = failed
        failed = null
        throw error
      }
      if (met()) return
      begin()
      await change.promise
    }
  }
  return {
    push: (item) => {
      items.push(item)
      begin()
    },
    remove: (item) => {
      const at = items.indexOf(item)
      if (at >= 0) items.splice(at, 1)
    },
    all: () => items,
    belowLength: (length) => until(() => items.length < length),
    emptied: () => until(() => items.length === 0 && busy.size === 0),
    close: async () => {
      closed = true
      while (busy.size > 0) await change.promise
    },
  }
}
