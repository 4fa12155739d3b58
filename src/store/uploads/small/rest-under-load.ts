import type { Clock } from '../../../lib/clock.ts'
import type { Rest } from '../../../lib/waiting/gather.ts'

/**
 * A rest for a gatherer. After a call with several items, more items are likely to arrive soon. The
 * rest takes `ms` if the call had `enough` items, and a part of `ms` if the call had fewer. For
 * example, a caller with four connections sends its next uploads only after the answers. The call
 * then has four items and a short rest, because no other uploads can arrive. The rest ends earlier
 * when `enough` items wait. After a call with one item there is no rest.
 */
export const restUnderLoad = (
  clock: Pick<Clock, 'sleep'>,
  { ms, enough }: { ms: number; enough: number },
): Rest => ({
  enough,
  after: (items, ended) =>
    items > 1 ? clock.sleep(ms * Math.min(1, items / enough), ended) : undefined,
})
