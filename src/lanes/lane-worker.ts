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
  /** The id of this process, stored with the lease. */
  owner: string
  /**
   * The most lanes that this process works on at the same time. Lanes that only wait for Genesys do
   * not count.
   */
  maxLanes: number
  /** The most lanes that this process holds at the same time, including lanes that only wait. */
  maxHeld: number
  /** How often an idle worker checks for lanes to which other instances gave work. */
  idlePollMs: number
  /** A random number in [0, 1], for jitter. Default: every wait has its greatest length. */
  random?: () => number
}

export type LaneWorkers = {
  start(): void
  /**
   * Claims a lane now. Call this when there may be work in `laneKey` or, without `laneKey`, in any
   * lane. If this process already holds `laneKey`, does nothing, because the work on that lane
   * finds the new upload.
   */
  wake(laneKey?: string): void
  /**
   * Reports that the event for which a lane waits may have happened. If this process holds the
   * lane, the lane's wait ends now. Otherwise, this process tries to claim a lane. `count`: how
   * many nudges the store has counted since the claim.
   */
  nudge(laneKey: string, count: number): void
  /**
   * Passes on a nudge that another instance wrote. Does nothing if this process does not hold the
   * lane.
   */
  nudgeHeld(laneKey: string, count: number): void
  /**
   * Claims no more lanes. Waits up to `graceMs` for the batches that are being sent. Then aborts
   * the remaining work and releases every lane.
   */
  stop(graceMs: number): Promise<void>
}

/** The wait after the work of a lane failed. Without it, a fault would cause a busy loop. */
const FAILURE_BACKOFF = { baseMs: 1_000, capMs: 60_000 }

const LONGEST = (): number => 1

/** Claims lanes. Delivers the uploads of each lane in order while its lease is valid. */
export const createLaneWorkers = (deps: LaneWorkerDeps): LaneWorkers => {
  const { lanes, clock, emit, random = LONGEST } = deps
  const held = new Map<KeptLease, Promise<void>>()
  const stopping = new AbortController()
  /**
   * Between two deliveries, a lane can be released without loss. It therefore makes room if another
   * lane waits for a place. While the released lane waits, more uploads collect for its next
   * request.
   */
  const isWaitedFor = async (): Promise<boolean> => !turns.hasRoom() && (await lanes.anyReady())
  const hold = createHolder(deps, stopping.signal, isWaitedFor)
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
 * Waits for the last claim. Then waits up to `graceMs` for the work on the held lanes, and aborts
 * the work that is still running.
 */
const emptied = async (
  clock: Clock,
  held: ReadonlyMap<KeptLease, Promise<void>>,
  claiming: Promise<void>,
  graceMs: number,
): Promise<void> => {
  // The last claim may hang, so the work is asked to stop before this claim has ended.
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
 * Works on a claimed lane, and then releases it. The work ends if no work is left, if it fails, or
 * if it is asked to stop. It also ends after a delivery if another lane waits for a place. A lost
 * lane is not released, because another instance may hold it.
 */
const createHolder = (
  deps: LaneWorkerDeps,
  stopping: AbortSignal,
  isWaitedFor: () => Promise<boolean>,
) => {
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
    const { key: lane, fence, silentMs } = claim
    emit('lane.claimed', { lane, fence })
    if (silentMs !== undefined) emit('lane.recovered', { lane, fence, silentMs })
    const about = { claim, lease, isWaitedFor, stopping: () => stopping.aborted }
    const result = await workLane(deps, about)
    await lease.end()
    if (result.kind === 'lost') {
      emit('lane.lost', { lane, fence })
      return
    }
    if (result.kind === 'failed') emit('lane.failed', { lane: claim.key, error: result.error })
    // If the release fails, the lane is free when its lease ends.
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
  about: {
    claim: LaneClaim
    lease: KeptLease
    isWaitedFor: () => Promise<boolean>
    stopping: () => boolean
  },
): Promise<LaneResult> => {
  const { claim, lease } = about
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
      if (await about.isWaitedFor()) break
    }
    return { kind: 'done', uploads }
  } catch (error) {
    const reason: unknown = lease.signal.aborted ? lease.signal.reason : error
    if (reason instanceof FenceLost || error instanceof FenceLost) return { kind: 'lost' }
    if (about.stopping() && lease.signal.aborted) return { kind: 'done', uploads }
    return { kind: 'failed', uploads, error: traceOf(error) }
  }
}
