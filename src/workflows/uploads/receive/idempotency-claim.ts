import { GatewayProblem } from '../../../domain/problems/problem.ts'
import type { Clock } from '../../../lib/clock.ts'
import type { CallRight } from '../../ports/access/access.ts'
import type { StoredAnswer } from '../../ports/uploads/small-uploads.ts'
import type { IdempotencyStore } from '../../ports/uploads/uploads.ts'

/** A claim without a heartbeat for 60 s is dead [design: 6]. */
const CLAIM_DEAD_MS = 60_000
const IN_PROGRESS_RETRY_SECONDS = 10
const RELEASE_AGAIN_MS = 2_000

export type ClaimDeps = { idempotency: IdempotencyStore; clock: Clock; signal?: AbortSignal }

export type ClaimScope = {
  tenantId: string
  method: string
  path: string
  key: string
  /**
   * Different for each call, so that a late release cannot free the claim of the caller's next try.
   */
  owner: string
  /** Left out: the call is accepted by the right that it had at its beginning. */
  right?: CallRight
}

/**
 * Claims the key of a call, and commits the claim before any work. Returns the stored answer if the
 * call was answered before, and otherwise null. Throws `idempotency-key-in-progress` while another
 * call has the key.
 */
export const claimKey = async (
  deps: ClaimDeps,
  scope: ClaimScope,
): Promise<StoredAnswer | null> => {
  const claim = await deps.idempotency.claim({ ...scope, deadAfterMs: CLAIM_DEAD_MS })
  if (claim.kind === 'claimed') return null
  if (claim.kind === 'done') return claim
  throw inProgress()
}

/**
 * The problem `idempotency-key-in-progress`: the caller may try again after 10 seconds. Also for a
 * call that has lost its claim to another call.
 */
export const inProgress = (): GatewayProblem => {
  const detail = 'The first call with this Idempotency-Key has not ended yet.'
  return new GatewayProblem('idempotency-key-in-progress', detail, {}, IN_PROGRESS_RETRY_SECONDS)
}

/**
 * Frees the claim, so that the caller can try again immediately. If the database cannot be reached,
 * returns and keeps trying in the background. In any case the claim is free after 60 s, because it
 * gets no more heartbeats.
 */
export const releaseClaim = async (deps: ClaimDeps, scope: ClaimScope): Promise<void> => {
  const release = (): Promise<boolean> =>
    deps.idempotency.release(scope).then(
      () => true,
      () => false,
    )
  if (await release()) return
  const again = async (): Promise<void> => {
    for (let waitedMs = 0; waitedMs < CLAIM_DEAD_MS; waitedMs += RELEASE_AGAIN_MS) {
      await deps.clock.sleep(RELEASE_AGAIN_MS, deps.signal)
      if (await release()) return
    }
  }
  again().catch(() => undefined)
}
