import { GatewayProblem } from '../../../domain/problems/problem.ts'
import type { Ids } from '../../../lib/ids.ts'
import type { UploadAnswer } from '../../contract.ts'
import { startHeartbeat } from './heartbeat.ts'
import { claimKey, releaseClaim, type ClaimDeps, type ClaimScope } from './idempotency-claim.ts'

/**
 * The time between two heartbeats. Four heartbeats fit into the 60 s after which a claim without a
 * heartbeat counts as dead.
 */
const BEAT_MS = 15_000

export type AnswerOnceDeps = ClaimDeps & {
  ids: Ids
  /** The id of this process, which names it as the holder of claims. */
  owner: string
}

/** A call under an Idempotency-Key. */
export type KeyedCall = Omit<ClaimScope, 'owner'> & {
  /** A digest of what the call requests. It is computed only if the key was used before. */
  fingerprint: () => string | Promise<string>
  /** The detail of `idempotency-key-reused`. */
  reused: string
}

/**
 * Does the work of a call once for its idempotency key. Claims the key first. A later call with the
 * key gets the stored answer, or `idempotency-key-reused` if it requests something else. If the
 * work fails, frees the key again.
 */
export const answerOnce = async (
  deps: AnswerOnceDeps,
  { fingerprint, reused, ...call }: KeyedCall,
  work: (scope: ClaimScope) => Promise<UploadAnswer>,
): Promise<UploadAnswer> => {
  const scope = { ...call, owner: `${deps.owner}:${deps.ids.newUuid()}` }
  const done = await claimKey(deps, scope)
  if (done !== null) {
    if ((await fingerprint()) !== done.fingerprint) {
      throw new GatewayProblem('idempotency-key-reused', reused)
    }
    const { status, body, location } = done
    return { status, body, location, replayed: true }
  }
  try {
    return await work(scope)
  } catch (error) {
    await releaseClaim(deps, scope)
    throw error
  }
}

/** Keeps the claim of the key alive while the work lasts. */
export const keepingClaim = async <T>(
  { clock, idempotency }: ClaimDeps,
  scope: ClaimScope,
  work: () => Promise<T>,
): Promise<T> => {
  const heartbeat = startHeartbeat(clock, BEAT_MS, async () => {
    await idempotency.keepAlive(scope)
    return true
  })
  try {
    return await work()
  } finally {
    await heartbeat.stop()
  }
}
