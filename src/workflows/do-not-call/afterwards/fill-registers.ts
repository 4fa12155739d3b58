import type { Clock } from '../../../lib/clock.ts'
import { traceOf } from '../../../lib/error-trace.ts'
import type { Emit } from '../../../telemetry/events.ts'
import type { FillPlace, RegisterFillStore } from '../../ports/do-not-call/afterwards.ts'

export type FillRegisters = { start(): void; stop(): Promise<void> }

/**
 * The wait between two chunks. It lets other work use the database, so that no API call waits for
 * more than one chunk.
 */
const PAUSE_MS = 20
const AGAIN_MS = 60_000

/**
 * Runs once after a start. Adds missing phones and addresses to the registers, a chunk at a time.
 * They are missing for contacts that were delivered before registers stored phones and addresses.
 * If the process is killed, the next start begins again and skips the contacts that are done.
 */
export const createFillRegisters = (deps: {
  registers: RegisterFillStore
  clock: Clock
  emit: Emit
}): FillRegisters => {
  const stopped = new AbortController()
  let ended: Promise<void> = Promise.resolve()

  const pause = async (ms: number): Promise<boolean> => {
    await deps.clock.sleep(ms, stopped.signal).catch(() => undefined)
    return !stopped.signal.aborted
  }
  const fill = async (): Promise<void> => {
    let contacts = 0
    let place: FillPlace | null = null
    while (!stopped.signal.aborted) {
      const lot = await deps.registers.fill(place)
      if (lot === null) {
        const unfilled = await deps.registers.countUnfilled()
        deps.emit('register.filled', { contacts, unfilled })
        return
      }
      contacts += lot.filled
      place = lot.place
      if (!(await pause(PAUSE_MS))) return
    }
  }
  const keepTrying = async (): Promise<void> => {
    for (;;) {
      try {
        return await fill()
      } catch (error) {
        deps.emit('job.failed', { queue: 'register-fill', error: traceOf(error) })
      }
      if (!(await pause(AGAIN_MS))) return
    }
  }
  return {
    start: () => {
      ended = keepTrying()
    },
    stop: async () => {
      stopped.abort()
      await ended
    },
  }
}
