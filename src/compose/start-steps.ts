import type { Clock } from '../lib/clock.ts'
import type { Emit } from '../telemetry/events.ts'
import type { StartStep } from '../telemetry/process-events.ts'

/** How often a long step of the start is reported again. */
const AGAIN_MS = 10_000

/**
 * Runs one step of the start. Reports the step before it begins, because some steps block the
 * process. Then reports it every 10 s until it is done.
 */
export type DuringStep = <T>(step: StartStep, work: () => Promise<T>) => Promise<T>

/**
 * Reports steps as the event `process.starting`. The reports of a step end when the step ends or
 * throws. Its result or error is passed on.
 */
export const createStartSteps =
  (deps: { clock: Clock; emit: Emit }): DuringStep =>
  async (step, work) => {
    const startedMs = deps.clock.monotonicMs()
    const done = new AbortController()
    const tell = (): void =>
      deps.emit('process.starting', {
        step,
        forMs: Math.round(deps.clock.monotonicMs() - startedMs),
      })
    const tellAgain = async (): Promise<void> => {
      for (;;) {
        await deps.clock.sleep(AGAIN_MS, done.signal)
        if (done.signal.aborted) return
        tell()
      }
    }
    tell()
    tellAgain().catch(() => undefined)
    try {
      return await work()
    } finally {
      done.abort()
    }
  }
