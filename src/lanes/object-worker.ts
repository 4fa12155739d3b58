import { backoffMs } from '../lib/backoff.ts'
import type { Clock } from '../lib/clock.ts'
import { traceOf } from '../lib/error-trace.ts'
import type { Emit } from '../telemetry/events.ts'
import { FenceLost } from '../workflows/ports/delivery/delivery.ts'
import { createClaimLoop } from './claim-loop.ts'
import { keepLease, slept, type KeptLease } from './lease.ts'

type Claim = { owner: string; fence: string; leaseMs: number }

/** What is held by one worker at a time: a campaign, a DNC list. */
export type ObjectLane<C extends Claim> = {
  /** The one that has waited longest, with the work on it; null where none has any. `work` answers when it is to be looked at next, null: when it has work. */
  claim(
    owner: string,
  ): Promise<{ claim: C; key: string; work(lease: KeptLease): Promise<number | null> } | null>
  renew(claim: C): Promise<boolean>
  release(claim: C, readyInMs: number | null): Promise<void>
  /** The work was ended because there is newer work on the same object. */
  isReplaced?(reason: unknown): boolean
}

export type ObjectWorkerDeps<C extends Claim> = {
  lane: ObjectLane<C>
  clock: Clock
  emit: Emit
  /** This process; stored with the lease. */
  owner: string
  /** How often an idle worker looks for objects that others gave work. */
  idlePollMs: number
  random?: () => number
}

export type ObjectWorker = {
  start(): void
  /** There may be work: look now. */
  wake(): void
  /** Claims nothing more, and lets what is under way end for `graceMs`. */
  stop(graceMs: number): Promise<void>
}

/** An object whose work failed waits before it is tried again, so that a bug does not spin. */
const FAILURE_BACKOFF = { baseMs: 1_000, capMs: 60_000 }
const LONGEST = (): number => 1

/** Works one object as far as it goes now and gives it up with the time of its next look; false when none has work. */
const createWorkOne = <C extends Claim>(deps: ObjectWorkerDeps<C>, stopping: AbortSignal) => {
  const { lane, clock, emit, random = LONGEST } = deps
  const failures = new Map<string, number>()
  /** A release that fails leaves the object to the end of its lease. */
  const release = (claim: C, readyInMs: number | null): Promise<void> =>
    lane.release(claim, readyInMs).catch(() => undefined)

  const afterError = async (claim: C, key: string, reason: unknown): Promise<void> => {
    if (reason instanceof FenceLost) return emit('lane.lost', { lane: key, fence: claim.fence })
    if (lane.isReplaced?.(reason) || stopping.aborted) return release(claim, 0)
    const count = (failures.get(key) ?? 0) + 1
    failures.set(key, count)
    emit('lane.failed', { lane: key, error: traceOf(reason) })
    return release(claim, backoffMs(FAILURE_BACKOFF, count, random, FAILURE_BACKOFF.baseMs))
  }

  return async (onLease: (lease: KeptLease) => void): Promise<boolean> => {
    const claimedAtMs = clock.monotonicMs()
    const claimed = await lane.claim(deps.owner)
    if (claimed === null) return false
    const { claim, key } = claimed
    const renew = async () => ((await lane.renew(claim)) ? { nudges: 0 } : null)
    const lease = keepLease({ lanes: { renew }, clock }, { ...claim, key }, claimedAtMs)
    onLease(lease)
    emit('lane.claimed', { lane: key, fence: claim.fence })
    try {
      const nextMs = await claimed.work(lease)
      failures.delete(key)
      await release(claim, nextMs)
    } catch (error) {
      const reason: unknown = lease.signal.aborted ? lease.signal.reason : error
      await afterError(claim, key, reason)
    } finally {
      await lease.end()
    }
    return true
  }
}

/**
 * Works objects one after the other, so that none is held while it only waits. What is under way is written down before it is begun:
 * whoever claims the object next goes on from there.
 */
export const createObjectWorker = <C extends Claim>(deps: ObjectWorkerDeps<C>): ObjectWorker => {
  const { clock, emit, random = LONGEST } = deps
  const stopping = new AbortController()
  const workOne = createWorkOne(deps, stopping.signal)
  let working: KeptLease | null = null
  const loop = createClaimLoop({
    claimOne: () => workOne((lease) => (working = lease)),
    stopping: stopping.signal,
    ...{ idlePollMs: deps.idlePollMs, clock, emit, random },
  })

  return {
    start: loop.start,
    wake: loop.wake,
    stop: async (graceMs) => {
      stopping.abort()
      loop.wake()
      const ended = new AbortController()
      const grace = slept(clock, graceMs, ended.signal)
      const over = loop.ended().finally(() => ended.abort())
      if (await grace) working?.abort(new Error('the service stops'))
      await over
    },
  }
}
