/**
 * How a gatherer rests between two calls. `after` gets the number of items of the last call, and
 * resolves when the next call may begin. undefined: the next call may begin immediately. The rest
 * ends earlier when `enough` items wait.
 */
export type Rest = {
  after(items: number, ended: AbortSignal): Promise<void> | undefined
  enough: number
}

/**
 * Collects items while a call of `flush` runs, and passes them together (at most `mostAtOnce`) to
 * the next call. Under load, few calls therefore suffice for many items. If no call (and no rest)
 * is in progress, an item is passed on immediately. `flush` returns the answers in the order of its
 * items. If it throws, all items of that call fail. `rest`: waits after each call, so that more
 * items gather for the next one. `idle`: called as soon as no call and no rest is in progress.
 */
export const createGatherer = <Item, Answer>(
  flush: (items: readonly Item[]) => Promise<readonly Answer[]>,
  mostAtOnce: number,
  { rest, idle }: { rest?: Rest; idle?: () => void } = {},
): ((item: Item) => Promise<Answer>) => {
  type Waiting = PromiseWithResolvers<Answer> & { item: Item }
  const waiting: Waiting[] = []
  let busy = false
  let endRest: (() => void) | null = null
  const restAfter = (items: number): Promise<void> | undefined => {
    if (rest === undefined || waiting.length >= rest.enough) return undefined
    const ended = new AbortController()
    endRest = () => ended.abort()
    return rest.after(items, ended.signal)?.catch((error: unknown) => {
      if (!ended.signal.aborted) throw error
    })
  }
  const work = async (): Promise<void> => {
    busy = true
    while (waiting.length > 0) {
      const taken = waiting.splice(0, mostAtOnce)
      try {
        const answers = await flush(taken.map(({ item }) => item))
        for (const [index, { resolve }] of taken.entries()) resolve(answers[index]!)
      } catch (error) {
        for (const { reject } of taken) reject(error)
      }
      const resting = restAfter(taken.length)
      if (resting !== undefined) await resting
      endRest = null
    }
    busy = false
    idle?.()
  }
  return (item) => {
    const answer = Promise.withResolvers<Answer>()
    waiting.push({ ...answer, item })
    if (!busy) void work()
    else if (waiting.length >= (rest?.enough ?? Infinity)) endRest?.()
    return answer.promise
  }
}
