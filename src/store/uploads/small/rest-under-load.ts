import type { Clock } from '../../../lib/clock.ts'
import type { Rest } from '../../../lib/gather.ts'

/**
 * A rest for a gatherer. After a call with several items, more items are likely to arrive soon. The
 * fuller the call was, the longer the rest: `ms` if it had `enough` items, and a part of `ms` if it
 * had fewer. So a caller with four connections, which sends its next upload after an answer, does
 * not wait long for uploads that cannot arrive. The rest ends earlier when `enough` items wait.
 * After a call with one item there is no rest.
 */
export const restUnderLoad = (
  clock: Pick<Clock, 'sleep'>,
  { ms, enough }: { ms: number; enough: number },
): Rest => ({
  enough,
  after: (items, ended) =>
    items > 1 ? clock.sleep(ms * Math.min(1, items / enough), ended) : undefined,
})
