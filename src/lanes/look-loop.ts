import type { Clock } from '../lib/clock.ts'
import { traceOf } from '../lib/error-trace.ts'
import type { Emit } from '../telemetry/events.ts'
import type { JobName } from '../telemetry/process-events.ts'
import { slept } from './lease.ts'

/**
 * Takes steps until there is nothing to do. Then tries again every `everyMs`, and when `wake` is
 * called. If a step fails, reports it.
 */
export const createLookLoop = (deps: {
  /** Takes one step. false: there was nothing to do. The signal aborts when the loop stops. */
  step: (stopping: AbortSignal) => Promise<boolean>
  everyMs: number
  /** The name of this work in reports of failures. */
  queue: JobName
  clock: Clock
  emit: Emit
}) => {
  const stopped = new AbortController()
  let woken = new AbortController()
  let ended: Promise<void> = Promise.resolve()
  const step = async (): Promise<boolean> => {
    try {
      return await deps.step(stopped.signal)
    } catch (error) {
      deps.emit('job.failed', { queue: deps.queue, error: traceOf(error) })
      return false
    }
  }
  const run = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      woken = new AbortController()
      while (!stopped.signal.aborted && (await step()));
      await slept(deps.clock, deps.everyMs, AbortSignal.any([stopped.signal, woken.signal]))
    }
  }
  return {
    start: (): void => {
      ended = run()
    },
    wake: (): void => woken.abort(),
    stop: async (): Promise<void> => {
      stopped.abort()
      await ended
    },
  }
}
