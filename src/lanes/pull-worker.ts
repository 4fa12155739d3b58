import type { Clock } from '../lib/clock.ts'
import type { Emit } from '../telemetry/events.ts'
import { createLookLoop } from './look-loop.ts'

/** The wait between checks for a list to pull. */
const LOOK_EVERY_MS = 5_000

/** Pulls lists from Genesys, one after the other, as they are due. */
export const createPullWorker = (deps: {
  /** False: none is due. */
  pullNext: (signal: AbortSignal) => Promise<boolean>
  clock: Clock
  emit: Emit
}) =>
  createLookLoop({
    step: (stopping) =>
      deps.pullNext(stopping).catch((error: unknown) => {
        // The stop broke it off.
        if (stopping.aborted) return false
        throw error
      }),
    queue: 'dnc-pull',
    everyMs: LOOK_EVERY_MS,
    clock: deps.clock,
    emit: deps.emit,
  })
