import type { Clock } from '../../../lib/clock.ts'
import { StagingLost } from '../../ports/uploads/uploads.ts'
import type { ClaimDeps, ClaimScope } from './idempotency-claim.ts'

/**
 * The time between two heartbeats. Six heartbeats fit into the 60 s after which an unfinished
 * upload, or a claim, counts as abandoned.
 */
const RECEIVING_BEAT_MS = 10_000

export type Heartbeat = {
  /** Throws `StagingLost` once `beat` has returned false. */
  assertAlive(): void
  /** Begins no more heartbeats. Resolves when no heartbeat is running. */
  stop(): Promise<void>
}

/**
 * Calls `beat` every `everyMs`, until `stop` is called or `beat` returns false. If `beat` throws,
 * it is called again at the next time.
 */
export const startHeartbeat = (
  clock: Clock,
  everyMs: number,
  beat: () => Promise<boolean>,
): Heartbeat => {
  const stopped = new AbortController()
  let alive = true
  const beats = async (): Promise<void> => {
    while (alive) {
      try {
        await clock.sleep(everyMs, stopped.signal)
      } catch {
        return
      }
      // A single failure does not end the work, because the database may answer the next heartbeat.
      // Only a gap of several heartbeats ends it.
      alive = await beat().catch(() => true)
    }
  }
  const ended = beats()
  return {
    assertAlive: () => {
      if (!alive) throw new StagingLost('the upload was deleted before all of it arrived')
    },
    stop: async () => {
      stopped.abort()
      await ended
    },
  }
}

/** Keeps the claim of the key alive, and also the object that is being received (`touch`). */
export const keepReceiving = (
  { clock, idempotency }: ClaimDeps,
  scope: ClaimScope,
  touch: () => Promise<boolean>,
): Heartbeat =>
  startHeartbeat(clock, RECEIVING_BEAT_MS, async () => {
    await idempotency.keepAlive(scope)
    return touch()
  })
