import type { Clock } from '../lib/clock.ts'
import { traceOf } from '../lib/error-trace.ts'
import type { Emit } from '../telemetry/events.ts'
import { slept } from './lease.ts'

/** Between looks for work. */
const LOOK_EVERY_MS = 2_000

/** Brings editions of registries into force and does what follows from them, step by step. */
export const createRegistryWorker = (deps: {
  /** One step; false: there is nothing to do. */
  step: () => Promise<boolean>
  clock: Clock
  emit: Emit
}) => {
  const stopped = new AbortController()
  let woken = new AbortController()
  let ended: Promise<void> = Promise.resolve()
  const step = async (): Promise<boolean> => {
    try {
      return await deps.step()
    } catch (error) {
      if (!stopped.signal.aborted) {
        deps.emit('job.failed', { queue: 'registries', error: traceOf(error) })
      }
      return false
    }
  }
  const run = async (): Promise<void> => {
    while (!stopped.signal.aborted) {
      woken = new AbortController()
      while (!stopped.signal.aborted && (await step()));
      await slept(deps.clock, LOOK_EVERY_MS, AbortSignal.any([stopped.signal, woken.signal]))
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
