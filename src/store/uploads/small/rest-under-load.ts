import type { Clock } from '../../../lib/clock.ts'

/**
 * A rest for a gatherer: waits only after a call with several items, which shows that items arrive
 * faster than calls end. An upload that arrives alone, after a call with one item, does not wait.
 */
export const restUnderLoad =
  (clock: Pick<Clock, 'sleep'>, ms: number) =>
  (items: number): Promise<void> | void =>
    items > 1 ? clock.sleep(ms) : undefined
