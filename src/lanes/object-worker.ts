import { backoffMs } from '../lib/backoff.ts'
import type { Clock } from '../lib/clock.ts'
import { traceOf } from '../lib/error-trace.ts'
import type { Emit } from '../telemetry/events.ts'
import { FenceLost } from '../workflows/ports/delivery/delivery.ts'
import { createClaimLoop } from './claim-loop.ts'
import { keepLease, slept, type KeptLease } from './lease.ts'

type Claim = { owner: string; fence: string; leaseMs: number }

type Claimed<C extends Claim> = {
  claim: C
  key: string
  /**
   * Works on the object. Returns the milliseconds until the work must continue. null: the work
   * continues only when the object has new work.
   */
  work(lease: KeptLease): Promise<number | null>
}

/**
 * A kind of object on which only one worker may work at a time, for example a campaign or a DNC
 * list.
 */
export type ObjectLane<C extends Claim> = {
  /** Claims the ready object that has waited longest. null: no object is ready. */
  claim(owner: string): Promise<Claimed<C> | null>
  renew(claim: C): Promise<boolean>
  release(claim: C, readyInMs: number | null): Promise<void>
  /** Whether the work was ended because there is newer work on the same object. */
  isReplaced?(reason: unknown): boolean
}

export type ObjectWorkerDeps<C extends Claim> = {
  lane: ObjectLane<C>
  clock: Clock
  emit: Emit
  /** The id of this process, stored with the lease. */
  owner: string
  /** How often an idle worker checks for objects to which other instances gave work. */
  idlePollMs: number
  /** How many objects this process works on at the same time. */
  atOnce: number
  random?: () => number
}

export type ObjectWorker = {
  start(): void
  /** Claims now. Call this when there may be work. */
  wake(): void
  /** Claims no more objects. Waits up to `graceMs` for running work, and then aborts it. */
  stop(graceMs: number): Promise<void>
}

/** The wait after the work on an object failed. Without it, a bug would cause a busy loop. */
const FAILURE_BACKOFF = { baseMs: 1_000, capMs: 60_000 }
const LONGEST = (): number => 1

/**
 * Works on a claimed object until its work must wait, and releases it. Returns the milliseconds
 * until the work must continue. null: the work continues only when the object has new work. Also
 * null if the lease was lost, because another worker may hold the object. Never rejects.
 */
const createHolder = <C extends Claim>(deps: ObjectWorkerDeps<C>, stopping: AbortSignal) => {
  const { lane, emit, random = LONGEST } = deps
  const failures = new Map<string, number>()
  /** Releases an object. If the release fails, the object is free when its lease ends. */
  const release = async (claim: C, readyInMs: number | null): Promise<number | null> => {
    await lane.release(claim, readyInMs).catch(() => undefined)
    return readyInMs
  }

  /** A claim that has ended may be why the work failed: the bytes of a cancelled file are gone. */
  const hasEnded = async (claim: C): Promise<boolean> =>
    !(await lane.renew(claim).catch(() => true))

  const lost = (claim: C, key: string): null => {
    emit('lane.lost', { lane: key, fence: claim.fence })
    return null
  }

  const afterError = async (claim: C, key: string, reason: unknown): Promise<number | null> => {
    if (reason instanceof FenceLost) return lost(claim, key)
    if (lane.isReplaced?.(reason) || stopping.aborted) return release(claim, 0)
    if (await hasEnded(claim)) return lost(claim, key)
    const count = (failures.get(key) ?? 0) + 1
    failures.set(key, count)
    emit('lane.failed', { lane: key, error: traceOf(reason) })
    return release(claim, backoffMs(FAILURE_BACKOFF, count, random, FAILURE_BACKOFF.baseMs))
  }

  return async ({ claim, key, work }: Claimed<C>, lease: KeptLease): Promise<number | null> => {
    emit('lane.claimed', { lane: key, fence: claim.fence })
    try {
      const nextMs = await work(lease)
      failures.delete(key)
      return await release(claim, nextMs)
    } catch (error) {
      const reason: unknown = lease.signal.aborted ? lease.signal.reason : error
      return await afterError(claim, key, reason)
    } finally {
      await lease.end()
    }
  }
}

/**
 * Works on objects, `atOnce` at a time. Releases an object when its work must wait. Each step of
 * the work is stored, so the next holder continues after the last stored step.
 */
export const createObjectWorker = <C extends Claim>(deps: ObjectWorkerDeps<C>): ObjectWorker => {
  const { lane, clock, emit, random = LONGEST } = deps
  const stopping = new AbortController()
  const hold = createHolder(deps, stopping.signal)
  const held = new Map<KeptLease, Promise<void>>()
  /**
   * When the work on an object has ended, claims the next object. If the first object is due before
   * the next idle poll, claims again when it is due.
   */
  const follow = async (work: Promise<number | null>, lease: KeptLease): Promise<void> => {
    const nextMs = await work
    held.delete(lease)
    loop.wake()
    if (nextMs === null || nextMs === 0 || nextMs >= deps.idlePollMs) return
    void slept(clock, nextMs, stopping.signal).then(loop.wake)
  }
  const claimOne = async (): Promise<boolean> => {
    if (held.size >= deps.atOnce) return false
    const claimedAtMs = clock.monotonicMs()
    const claimed = await lane.claim(deps.owner)
    if (claimed === null) return false
    const { claim, key } = claimed
    const renew = async () => ((await lane.renew(claim)) ? { nudges: 0 } : null)
    const lease = keepLease({ lanes: { renew }, clock }, { ...claim, key }, claimedAtMs)
    held.set(lease, follow(hold(claimed, lease), lease))
    return true
  }
  const loop = createClaimLoop({
    claimOne,
    stopping: stopping.signal,
    ...{ idlePollMs: deps.idlePollMs, clock, emit, random },
  })

  return {
    start: loop.start,
    wake: loop.wake,
    stop: async (graceMs) => {
      stopping.abort()
      loop.wake()
      const grace = new AbortController()
      const over = loop
        .ended()
        .then(() => Promise.all(held.values()))
        .finally(() => grace.abort())
      if (await slept(clock, graceMs, grace.signal)) {
        for (const lease of held.keys()) lease.abort(new Error('the service stops'))
      }
      await over
    },
  }
}
