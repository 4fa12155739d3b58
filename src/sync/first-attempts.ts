import type { Clock } from '../lib/clock.ts'
import { traceOf } from '../lib/error-trace.ts'
import type { Emit } from '../telemetry/events.ts'
import type { FirstAttempts, SyncDelivery } from '../workflows/ports/endpoints/sync.ts'

export type FirstAttemptsDeps = {
  /**
   * Makes one attempt and records it. Calls `answered` as soon as the endpoint has answered, or has
   * failed to answer.
   */
  attempt: (delivery: SyncDelivery, answered: () => void) => Promise<void>
  clock: Clock
  emit: Emit
}

/**
 * If an attempt has waited longer than this, it is not begun. An attempt takes up to 5 s, and the
 * result must be stored within `withinMs` after the delivery was accepted.
 */
const BEGUN_WITHIN_MS = 4_000
const WITHIN_MS = 10_000
/**
 * The most attempts at one endpoint at a time. Without this limit, an endpoint that hangs would
 * take up all attempts of the process.
 */
const WIDTH = 16
/** The most deliveries of one endpoint in memory. The sweeper finds the other deliveries. */
const MOST_WAITING = 4_000

type Waiting = { delivery: SyncDelivery; sinceMs: number }

/**
 * The deliveries of one endpoint: the waiting deliveries in order, and how many attempts have no
 * answer yet.
 */
type Line = { waiting: Waiting[]; underWay: number }

const once = (act: () => void): (() => void) => {
  let done = false
  return () => {
    if (!done) act()
    done = true
  }
}

/**
 * Begins the attempts at an endpoint in the order in which `take` got them. If an attempt throws,
 * emits `job.failed`, and the delivery stays pending.
 */
export const createFirstAttempts = (
  deps: FirstAttemptsDeps,
): FirstAttempts & {
  /** Begins no more attempts. Resolves when no attempt is running. */
  stop(): Promise<void>
} => {
  const { clock, emit } = deps
  const lines = new Map<string, Line>()
  const underWay = new Set<Promise<void>>()
  let stopped = false

  const attempt = async ({ delivery }: Waiting, answered: () => void): Promise<void> => {
    try {
      await deps.attempt(delivery, answered)
    } catch (error) {
      // The delivery stays pending, and the sweeper finds it.
      emit('job.failed', { queue: 'sync-delivery', error: traceOf(error) })
    }
  }
  const begin = (endpointId: string, line: Line): void => {
    while (!stopped && line.underWay < WIDTH) {
      const next = line.waiting.shift()
      if (next === undefined) break
      if (clock.monotonicMs() - next.sinceMs > BEGUN_WITHIN_MS) continue
      line.underWay += 1
      const leave = once(() => {
        line.underWay -= 1
        begin(endpointId, line)
      })
      const made = attempt(next, leave)
      underWay.add(made)
      void made.finally(() => {
        underWay.delete(made)
        leave()
      })
    }
    if (line.underWay === 0) lines.delete(endpointId)
  }
  return {
    withinMs: WITHIN_MS,
    take: (deliveries) => {
      const sinceMs = clock.monotonicMs()
      for (const delivery of deliveries) {
        const { endpointId } = delivery
        const line = lines.get(endpointId) ?? { waiting: [], underWay: 0 }
        if (line.waiting.length >= MOST_WAITING) continue
        lines.set(endpointId, line)
        line.waiting.push({ delivery, sinceMs })
        begin(endpointId, line)
      }
    },
    stop: async () => {
      stopped = true
      await Promise.all(underWay)
    },
  }
}
