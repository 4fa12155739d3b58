import { askGoingOn, type DeliveryRun, pause } from './run.ts'

/** How often a run in a long wait asks the store whether the upload may continue. */
const ASK_EVERY_MS = 5_000

/** Waits for `ms`, or until `sooner` aborts. */
export type LongWait = (ms: number, sooner?: AbortSignal) => Promise<void>

/**
 * Creates the waits of one piece of work. Every 5 s, they ask the store whether the run may
 * continue, and throw as `askGoingOn` does. Otherwise, a cancelled upload would keep its lane until
 * the wait is over. Short waits count together, so the store is not asked after each of them.
 */
export const createLongWait = (run: DeliveryRun): LongWait => {
  const { clock } = run.deps
  let askedMs = clock.monotonicMs()
  return async (ms, sooner) => {
    const endsMs = clock.monotonicMs() + ms
    for (;;) {
      let nowMs = clock.monotonicMs()
      if (nowMs - askedMs >= ASK_EVERY_MS) {
        await askGoingOn(run)
        nowMs = clock.monotonicMs()
        askedMs = nowMs
      }
      if (nowMs >= endsMs || sooner?.aborted) return
      await pause(run, Math.min(endsMs, askedMs + ASK_EVERY_MS) - nowMs, sooner)
    }
  }
}
