import type { Clock } from '../lib/clock.ts'
import { traceOf } from '../lib/error-trace.ts'
import type { Emit } from '../telemetry/events.ts'
import { slept } from './lease.ts'

/** Between looks for a list to pull. */
const LOOK_EVERY_MS = 5_000

/** Pulls lists from Genesys, one after the other, as they are due. */
export const createPullWorker = (deps: {
  /** False: none is due. */
  pullNext: (signal: AbortSignal) => Promise<boolean>
  clock: Clock
  emit: Emit
}) => {
  const stopped = new AbortController()
  let ended: Promise<void> = Promise.resolve()
  const look = async (): Promise<boolean> => {
    try {
      return await deps.pullNext(stopped.signal)
    } catch (error) {
      if (!stopped.signal.aborted) {
        deps.emit('job.failed', { queue: 'dnc-pull', error: traceOf(error) })
      }
      return false
    }
  }
  const run = async (): Promise<void> => {
    do {
      while (!stopped.signal.aborted && (await look()));
    } while (await slept(deps.clock, LOOK_EVERY_MS, stopped.signal))
  }
  return {
    start: (): void => {
      ended = run()
    },
    stop: async (): Promise<void> => {
      stopped.abort()
      await ended
    },
  }
}
