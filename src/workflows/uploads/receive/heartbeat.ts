import type { Clock } from '../../../lib/clock.ts'
import { StagingLost } from '../../ports/uploads/uploads.ts'
import type { ClaimDeps, ClaimScope } from './idempotency-claim.ts'

/**
 * Six beats fit into the 60 s after which what is being received, or a claim, counts as abandoned.
 */
const RECEIVING_BEAT_MS = 10_000

export type Heartbeat = {
  /** Throws `StagingLost` once a beat has found that the work is no longer ours. */
  assertAlive(): void
  /** No beat begins after this, and none is under way when it resolves. */
  stop(): Promise<void>
}

/**
 * Beats every `everyMs` until stopped. A beat that returns false ends it. A beat that fails is
 * tried again the next time.
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
      // A database that does not answer for a moment: the sweep's patience is several beats long.
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

/** Keeps a received upload alive by `touch`, and the claim of the call's key. */
export const keepReceiving = (
  { clock, idempotency }: ClaimDeps,
  scope: ClaimScope,
  touch: () => Promise<boolean>,
): Heartbeat =>
  startHeartbeat(clock, RECEIVING_BEAT_MS, async () => {
    await idempotency.keepAlive(scope)
    return touch()
  })
