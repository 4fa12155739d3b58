/**
 * Combines the items that came in during the last call into one call. The first item goes
 * immediately and alone. Under load many go together. `flush` answers in the order of its items. If
 * it throws, all of them fail.
 */
export const createGatherer = <Item, Answer>(
  flush: (items: readonly Item[]) => Promise<readonly Answer[]>,
  mostAtOnce: number,
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
