import { backoffMs } from '../lib/backoff.ts'
import type { Clock } from '../lib/clock.ts'
import { traceOf } from '../lib/error-trace.ts'
import type { Emit } from '../telemetry/events.ts'
import type { DeliveryStore, LaneClaim } from '../workflows/ports/delivery/delivery.ts'
import { FenceLost } from '../workflows/ports/delivery/delivery.ts'
import type { DeliverUpload, LaneStore } from '../workflows/ports/delivery/lease.ts'
import { createClaimLoop } from './claim-loop.ts'
import type { KeptLease } from './lease.ts'
import { keepLease, slept } from './lease.ts'
import { createTurns } from './turns.ts'

export type LaneWorkerDeps = {
  lanes: LaneStore
  delivery: Pick<DeliveryStore, 'next'>
  deliver: DeliverUpload
  clock: Clock
  emit: Emit
  /** This process; stored with the lease. */
  owner: string
  /**
   * Lanes worked at the same time by this process; those that only wait for Genesys do not count.
   */
  maxLanes: number
  /** Lanes held at the same time, those that only wait included. */
  maxHeld: number
  /** How often an idle worker checks for lanes that others filled. */
  idlePollMs: number
  /** For jitter, in [0, 1]; without it waits take their longest. */
  random?: () => number
}

export type LaneWorkers = {
  start(): void
  /**
   * There may be work, in this lane if one is named, so check now. A holder here finds the work
   * without a check.
   */
  wake(laneKey?: string): void
  /**
   * What a lane waits for may have happened: if this process holds it, the wait ends now. `count`
   * as the store counts.
   */
  nudge(laneKey: string, count: number): void
  /**
   * The same by another instance's word: a lane that this process does not hold is not its
   * business.
   */
  nudgeHeld(laneKey: string, count: number): void
  /**
   * Claims nothing more, lets batches in flight end for `graceMs`, then aborts what is left and
   * releases every lane.
   */
  stop(graceMs: number): Promise<void>
}

/** A lane whose work failed waits before it is tried again, so that a fault does not spin. */
const FAILURE_BACKOFF = { baseMs: 1_000, capMs: 60_000 }

const LONGEST = (): number => 1

/** Claims lanes and works each one's uploads in order, while its lease holds. */
export const createLaneWorkers = (deps: LaneWorkerDeps): LaneWorkers => {
  const { lanes, clock, emit, random = LONGEST } = deps
  const held = new Map<KeptLease, Promise<void>>()
  const stopping = new AbortController()
  const hold = createHolder(deps, stopping.signal)
  const leaseOf = (laneKey: string): KeptLease | undefined =>
    held.keys().find((lease) => lease.laneKey === laneKey)
  const turns = createTurns(deps, () => held.keys())

  const claimOne = async (): Promise<boolean> => {
    if (!turns.hasRoom()) {
      if (turns.isOneOver() && (await lanes.anyReady())) turns.endOne()
      return false
    }
    const claimedAtMs = clock.monotonicMs()
    const claim = await lanes.claim(deps.owner)
    if (claim === null) return false
    const lease = keepLease({ lanes, clock, wentAside: () => claiming.wake() }, claim, claimedAtMs)
    const work = hold(claim, lease, claimedAtMs).finally(() => {
      held.delete(lease)
      claiming.wake()
    })
    held.set(lease, work)
    return true
  }

  const claiming = createClaimLoop({
    claimOne,
    stopping: stopping.signal,
    ...{ idlePollMs: deps.idlePollMs, clock, emit, random },
  })

  return {
    start: claiming.start,
    wake: (laneKey) => {
      if (laneKey === undefined || !leaseOf(laneKey)) claiming.wake()
    },
    nudge: (laneKey, count) => {
      const lease = leaseOf(laneKey)
      if (lease) lease.nudge(count)
      else claiming.wake()
    },
    nudgeHeld: (laneKey, count) => leaseOf(laneKey)?.nudge(count),
    stop: async (graceMs) => {
      stopping.abort()
      claiming.wake()
      await emptied(clock, held, claiming.ended(), graceMs)
    },
  }
}

/**
 * Waits for the last claim, and for the lanes held to come to rest; aborts what has not after
 * `graceMs`.
 */
const emptied = async (
  clock: Clock,
  held: ReadonlyMap<KeptLease, Promise<void>>,
  claiming: Promise<void>,
  graceMs: number,
): Promise<void> => {
  // Asked first: while a claim hangs, the lanes already held come to rest.
  for (const lease of held.keys()) lease.askToRest()
  await claiming
  for (const lease of held.keys()) lease.askToRest()
  const grace = new AbortController()
  const ended = Promise.all(held.values()).then(() => grace.abort())
  if (await slept(clock, graceMs, grace.signal)) {
    for (const lease of held.keys()) lease.abort(new Error('the service stops'))
  }
  await ended
}

/**
 * Works a claimed lane to its end and gives it up; a lane that was lost is another's already and is
 * left alone.
 */
const createHolder = (deps: LaneWorkerDeps, stopping: AbortSignal) => {
  const { lanes, clock, emit, random = LONGEST } = deps
  const failures = new Map<string, number>()

  const releaseIn = (key: string, failed: boolean): number => {
    if (!failed) {
      failures.delete(key)
      return 0
    }
    const count = (failures.get(key) ?? 0) + 1
    failures.set(key, count)
    return backoffMs(FAILURE_BACKOFF, count, random, FAILURE_BACKOFF.baseMs)
  }

  return async (claim: LaneClaim, lease: KeptLease, claimedAtMs: number): Promise<void> => {
    emit('lane.claimed', { lane: claim.key, fence: claim.fence })
    const result = await workLane(deps, claim, lease, () => stopping.aborted)
    await lease.end()
    if (result.kind === 'lost') {
      emit('lane.lost', { lane: claim.key, fence: claim.fence })
      return
    }
    if (result.kind === 'failed') emit('lane.failed', { lane: claim.key, error: result.error })
    // A release that fails leaves the lane to the end of its lease.
    const readyInMs = releaseIn(claim.key, result.kind === 'failed')
    await lanes.release(claim, readyInMs).catch(() => undefined)
    const heldMs = Math.round(clock.monotonicMs() - claimedAtMs)
    emit('lane.released', { lane: claim.key, heldMs, uploads: result.uploads })
  }
}

type LaneResult =
  | { kind: 'done'; uploads: number }
  | { kind: 'failed'; uploads: number; error: string }
  | { kind: 'lost' }

const workLane = async (
  deps: LaneWorkerDeps,
  claim: LaneClaim,
  lease: KeptLease,
  stopping: () => boolean,
): Promise<LaneResult> => {
  let uploads = 0
  let last = ''
  try {
    while (!lease.rest.aborted) {
      const upload = await deps.delivery.next(claim)
      if (upload === null) break
      const now = `${upload.id} ${upload.version} ${upload.state}`
      if (now === last) throw new Error(`upload ${upload.id} does not move`)
      last = now
      await deps.deliver(claim, upload, lease)
      uploads += 1
    }
    return { kind: 'done', uploads }
  } catch (error) {
    const reason: unknown = lease.signal.aborted ? lease.signal.reason : error
    if (reason instanceof FenceLost || error instanceof FenceLost) return { kind: 'lost' }
    if (stopping() && lease.signal.aborted) return { kind: 'done', uploads }
    return { kind: 'failed', uploads, error: traceOf(error) }
  }
}
