/** Items worked one after the other, oldest first, beside whoever fills the queue. */
export type SettleQueue<T> = {
  push(item: T): void
  /** Takes the oldest out; the work on an item does so once the item needs not be worked again. */
  shift(): void
  all(): readonly T[]
  /** Waits for room. Throws what the work threw; the item it threw at stays, and the next wait works on. */
  belowLength(length: number): Promise<void>
  /** Waits until all is worked; throws likewise. */
  emptied(): Promise<void>
  /** Resolves when no work is under way, and begins none any more. */
  close(): Promise<void>
}

export const createSettleQueue = <T>(work: (item: T) => Promise<void>): SettleQueue<T> => {
  const items: T[] = []
  let failed: { error: unknown } | null = null
  let working: Promise<void> | null = null
  let closed = false
  let change = Promise.withResolvers<void>()
  const announce = (): void => {
    change.resolve()
    change = Promise.withResolvers<void>()
  }
  const workAll = async (): Promise<void> => {
    try {
      for (let item = items[0]; item !== undefined && !closed; item = items[0]) {
        await work(item)
        announce()
      }
    } catch (error) {
      failed = { error }
    } finally {
      working = null
      announce()
    }
  }
  const begin = (): void => {
    if (working === null && failed === null && items.length > 0 && !closed) working = workAll()
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
    shift: () => void items.shift(),
    all: () => items,
    belowLength: (length) => until(() => items.length < length),
    emptied: () => until(() => items.length === 0 && working === null),
    close: async () => {
      closed = true
      await working
    },
  }
}
