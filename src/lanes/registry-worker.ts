import type { Clock } from '../lib/clock.ts'
import type { Emit } from '../telemetry/events.ts'
import { createLookLoop } from './look-loop.ts'

/** The wait between checks for work. */
const LOOK_EVERY_MS = 2_000

/** Brings editions of registries into force and does the work that follows, step by step. */
export const createRegistryWorker = (deps: {
  /** Takes one step. false: there was nothing to do. */
  step: () => Promise<boolean>
  clock: Clock
  emit: Emit
}) => createLookLoop({ ...deps, queue: 'registries', everyMs: LOOK_EVERY_MS })
