import { backoffMs } from '../lib/backoff.ts'
import type { Clock } from '../lib/clock.ts'
import { traceOf } from '../lib/error-trace.ts'
import type { Emit } from '../telemetry/events.ts'
import { slept } from './lease.ts'

/**
 * In a long outage, the wait between two tries is `idlePollMs` plus at most five seconds. Work then
 * resumes within 15 s after the database is back (P4).
 */
const CLAIM_BACKOFF = { baseMs: 1_000, capMs: 5_000 }

export type ClaimLoop = {
  start(): void
  /** Claims now. Call this when there may be work. */
  wake(): void
  /**
   * Resolves when the loop has made its last claim and has ended. The signal `stopping` ends the
   * loop.
   */
  ended(): Promise<void>
}

/**
 * Claims objects one after another until `claimOne` claims none. Then tries again every
 * `idlePollMs`, and when `wake` is called.
 */
export const createClaimLoop = (deps: {
  /** Claims one object. false: no object is ready, or this process has no room for one. */
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
