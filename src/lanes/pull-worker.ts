import type { Clock } from '../lib/clock.ts'
import type { Emit } from '../telemetry/events.ts'
import { createLookLoop } from './look-loop.ts'

/** The wait between checks for a list that is due to be pulled. */
const LOOK_EVERY_MS = 5_000

/** Pulls lists from Genesys one after another, when they are due. */
export const createPullWorker = (deps: {
  /** Pulls the list that is due. false: no list is due. */
  pullNext: (signal: AbortSignal) => Promise<boolean>
  clock: Clock
  emit: Emit
}) =>
  createLookLoop({
    step: (stopping) =>
      deps.pullNext(stopping).catch((error: unknown) => {
        // The pull failed because the worker stops.
        if (stopping.aborted) return false
        throw error
      }),
    queue: 'dnc-pull',
    everyMs: LOOK_EVERY_MS,
    clock: deps.clock,
    emit: deps.emit,
  })
