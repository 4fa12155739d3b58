import { backoffMs } from '../lib/backoff.ts'
import type { Clock } from '../lib/clock.ts'
import { traceOf } from '../lib/error-trace.ts'
import type { Emit } from '../telemetry/events.ts'
import { slept } from './lease.ts'

/**
 * After a long outage, the database is tried often enough for work to resume within 15 s of its
 * return (P4).
 */
const CLAIM_BACKOFF = { baseMs: 1_000, capMs: 5_000 }

export type ClaimLoop = {
  start(): void
  /** There may be something to claim, so check now. */
  wake(): void
  /** Resolves when the last claim was made; `stopping` ends the loop. */
  ended(): Promise<void>
}

/**
 * Claims one after the other until nothing is left. Then checks again every `idlePollMs` and
 * whenever it is woken.
 */
export const createClaimLoop = (deps: {
  /** False when there is nothing to claim. */
  claimOne: () => Promise<boolean>
  stopping: AbortSignal
  idlePollMs: number
  clock: Clock
  emit: Emit
  random: () => number
}): ClaimLoop => {
  const { claimOne, stopping, clock, emit, random } = deps
  let idle = new AbortController()
  let loop: Promise<void> = Promise.resolve()
  const run = async (): Promise<void> => {
    let failed = 0
    while (!stopping.aborted) {
      idle = new AbortController()
      let waitMs = deps.idlePollMs
      try {
        if (await claimOne()) continue
        failed = 0
      } catch (error) {
        failed += 1
        emit('lane.failed', { lane: 'none', error: traceOf(error) })
        waitMs = backoffMs(CLAIM_BACKOFF, failed, random, deps.idlePollMs)
      }
      if (!stopping.aborted) await slept(clock, waitMs, idle.signal)
    }
  }
  return { start: () => void (loop = run()), wake: () => idle.abort(), ended: () => loop }
}
