import type { Clock } from '../../../lib/clock.ts'
import { StagingLost } from '../../ports/uploads/uploads.ts'
import type { ClaimDeps, ClaimScope } from './idempotency-claim.ts'

/**
 * Six beats fit into the 60 s after which an unfinished upload, or a claim, counts as abandoned.
 */
const RECEIVING_BEAT_MS = 10_000

export type Heartbeat = {
  /** Throws `StagingLost` once a beat has found that the work was given up. */
  assertAlive(): void
  /** No beat begins after this call. Resolves when no beat is running. */
  stop(): Promise<void>
}

/**
 * Calls `beat` every `everyMs` until it is stopped or returns false. A beat that fails is tried
 * again the next time.
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
      // A single failure does not end the work, because the database may answer the next beat. Only
      // a gap of several beats ends it.
      alive = await beat().catch(() => true)
    }
  }
  const ended = beats()
  return {
    assertAlive: () => {
      if (!alive) throw new StagingLost('the upload was swept while it was being received')
    },
    stop: async () => {
      stopped.abort()
      await ended
    },
  }
}

/** Keeps alive what is being received (`touch`), and the claim of its key. */
export const keepReceiving = (
  { clock, idempotency }: ClaimDeps,
  scope: ClaimScope,
  touch: () => Promise<boolean>,
): Heartbeat =>
  startHeartbeat(clock, RECEIVING_BEAT_MS, async () => {
    await idempotency.keepAlive(scope)
    return touch()
  })
