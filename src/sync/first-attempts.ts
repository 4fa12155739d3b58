import type { Clock } from '../lib/clock.ts'
import { traceOf } from '../lib/error-trace.ts'
import type { Emit } from '../telemetry/events.ts'
import type { FirstAttempts, SyncDelivery } from '../workflows/ports/endpoints/sync.ts'

export type FirstAttemptsDeps = {
  /** Makes one attempt and records it. */
  attempt: (delivery: SyncDelivery) => Promise<void>
  clock: Clock
  emit: Emit
}

/** An attempt ends after 5 s, so what is begun within this is recorded in time. */
const BEGUN_WITHIN_MS = 4_000
const WITHIN_MS = 10_000
/** Attempts at one endpoint at a time: one that hangs must not take all of them. */
const WIDTH = 16
/** Deliveries of one endpoint in memory; those past it are the sweeper's. */
const MOST_WAITING = 4_000

type Waiting = { delivery: SyncDelivery; sinceMs: number }

/** One endpoint's deliveries: as many under way as it may have, the others in order. */
type Line = { waiting: Waiting[]; underWay: number }

export const createFirstAttempts = (
  deps: FirstAttemptsDeps,
): FirstAttempts & {
  /** Begins no attempt any more. Resolves when none is under way. */
  stop(): Promise<void>
} => {
  const { clock, emit } = deps
  const lines = new Map<string, Line>()
  const underWay = new Set<Promise<void>>()
  let stopped = false

  const attempt = async ({ delivery }: Waiting): Promise<void> => {
    try {
      await deps.attempt(delivery)
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
      const made = attempt(next)
      underWay.add(made)
      void made.finally(() => {
        underWay.delete(made)
        line.underWay -= 1
        begin(endpointId, line)
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
