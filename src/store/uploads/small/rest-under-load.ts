import type { Clock } from '../../../lib/clock.ts'
import type { Rest } from '../../../lib/gather.ts'

/**
 * A rest for a gatherer: waits `ms`, or until `enough` items wait. It waits only after a call with
 * several items, which shows that items arrive faster than calls end. An upload that arrives alone,
 * after a call with one item, does not wait.
 */
export const restUnderLoad = (
  clock: Pick<Clock, 'sleep'>,
  { ms, enough }: { ms: number; enough: number },
): Rest => ({
  enough,
  after: (items, ended) => (items > 1 ? clock.sleep(ms, ended) : undefined),
})
