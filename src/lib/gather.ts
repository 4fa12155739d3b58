/**
 * Collects items while a call of `flush` runs, and passes them together to the next call. Under
 * load, few calls therefore suffice for many items. If no call (and no `rest`) is in progress, an
 * item is passed on immediately. `flush` returns the answers in the order of its items. If it
 * throws, all items of that call fail. `rest`: waits after each call, so that more items gather for
 * the next one. It gets the number of items of the call.
 */
export const createGatherer = <Item, Answer>(
  flush: (items: readonly Item[]) => Promise<readonly Answer[]>,
  mostAtOnce: number,
  rest?: (items: number) => Promise<void> | void,
): ((item: Item) => Promise<Answer>) => {
  type Waiting = PromiseWithResolvers<Answer> & { item: Item }
  const waiting: Waiting[] = []
  let busy = false
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
      if (rest !== undefined) await rest(taken.length)
    }
    busy = false
  }
  return (item) => {
    const answer = Promise.withResolvers<Answer>()
    waiting.push({ ...answer, item })
    if (!busy) void work()
    return answer.promise
  }
}
