import { GatewayProblem } from '../../../domain/problems/problem.ts'
import type { Ids } from '../../../lib/ids.ts'
import type { UploadAnswer } from '../../contract.ts'
import { startHeartbeat } from './heartbeat.ts'
import { claimKey, releaseClaim, type ClaimDeps, type ClaimScope } from './idempotency-claim.ts'

/** Four beats fit into the 60 s after which a claim counts as dead. */
const BEAT_MS = 15_000

export type AnswerOnceDeps = ClaimDeps & {
  ids: Ids
  /** This process; names the holder of claims. */
  owner: string
}

/** A call under an Idempotency-Key. */
export type KeyedCall = Omit<ClaimScope, 'owner'> & {
  /** What was asked for, as a digest; it is asked for only where the key was used before. */
  fingerprint: () => string | Promise<string>
  /** The words of `idempotency-key-reused`. */
  reused: string
}

/**
 * Does the work of a call once under its key, which is claimed first. A later call gets the stored
 * answer. If it asks for something else, it gets `idempotency-key-reused`. Work that fails leaves
 * the key free.
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

/** Gives signs of life for the claim while the work continues. */
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
