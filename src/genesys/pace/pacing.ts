import { grownShare, PACE_SHARE_RULE } from '../../domain/genesys/pace-share.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Emit, GatewayEvents } from '../../telemetry/events.ts'
import {
  CALL_CLASSES,
  type CallClass,
  type PaceStore,
} from '../../workflows/ports/genesys/genesys.ts'
import { createPaceHints, type PaceHint, type PaceHints } from './pace-hints.ts'
import { createSlots, MAX_TIMER_MS } from './slots.ts'
import { createWaitingRoom, type Waiter, type WaitingRoom } from './waiting-room.ts'

/**
 * The share of the allowed pace that is granted as slots. The rest absorbs delays between a slot
 * and its request, such as jitter, timers and the network. In any window, rate × window plus burst
 * therefore stays within the limit (promise P6 in the README).
 */
const SHARE = 0.975

/**
 * During an outage, all instances together send at most one request in this time, to notice the end
 * of the outage.
 */
const PROBE_EVERY_MS = 500

export type PaceStats = {
  /**
   * The present pace: the configured one, or a lower one after a 429 or when Genesys reports a
   * lower limit.
   */
  requestsPerMinute: number
  configuredPerMinute: number
  /** How many slots this process used in the last minute. */
  usedLastMinute: number
  /** How many requests are left, as Genesys reported last. null: not reported. */
  remaining: number | null
  waiting: Record<CallClass, number>
}

export type Pacer = {
  /**
   * Waits for a slot. More urgent classes go first. Within a class, tenants take turns.
   * `out_of_time`: no slot came within `patienceMs`. Rejects with the signal's reason when it
   * aborts, and with the store's error if the bucket cannot be read.
   */
  acquire(asked: {
    tenantId: string
    class: CallClass
    signal: AbortSignal
    patienceMs: number
  }): Promise<'admitted' | 'out_of_time'>
  /** Records a 429: no instance sends for `ms`, and afterwards all instances send more slowly. */
  throttle(ms: number): Promise<void>
  /** Takes the headers of an answer into account. They can only slow the gateway down. */
  learn(hint: PaceHint): void
  stats(): PaceStats
  /**
   * The same as `stats`, but reads the share from the database, because other instances may have
   * changed the share. If the database does not answer, uses the share that this process knows.
   */
  freshStats(): Promise<PaceStats>
  close(): void
}

export type PacerDeps = {
  store: PaceStore
  bucket: string
  requestsPerMinute: number
  clock: Clock
  emit: Emit
  /** Whether Genesys is unavailable, so that only probes are sent. */
  probing?: () => boolean
}

/** Counts the slots used in the last minute, for a gauge. */
const createUsage = (clock: Clock) => {
  let times: number[] = []
  const prune = (): void => {
    const since = clock.monotonicMs() - 60_000
    times = times.filter((time) => time > since)
  }
  return {
    add: (): void => {
      if (times.length > 10_000) prune()
      times.push(clock.monotonicMs())
    },
    lastMinute: (): number => {
      prune()
      return times.length
    },
  }
}

/**
 * The share in force: the share that the store last returned, plus its growth since then. The
 * growth follows the store's rule.
 */
const createKnownShare = (clock: Clock, told: (cause: 'throttled' | 'recovered') => void) => {
  const { full } = PACE_SHARE_RULE
  let known = { share: full as number, atMs: 0 }
  const now = (): number => grownShare(known.share, clock.monotonicMs() - known.atMs)
  return {
    now,
    /** `growsInMs`: how long the bucket is still blocked. The share grows only after that time. */
    note: (share: number, growsInMs = 0): void => {
      const before = known.share
      known = { share, atMs: clock.monotonicMs() + growsInMs }
      if (share < before) told('throttled')
      if (share === full && before < full) told('recovered')
    },
  }
}

const statsOf = (parts: {
  deps: Pick<PacerDeps, 'requestsPerMinute'>
  hints: PaceHints
  share: number
  used: number
  room: WaitingRoom
}): PaceStats => ({
  requestsPerMinute: Math.round(parts.hints.perMinute() * parts.share),
  configuredPerMinute: parts.deps.requestsPerMinute,
  usedLastMinute: parts.used,
  remaining: parts.hints.remaining(),
  waiting: parts.room.waiting(),
})

const createAcquire = (
  deps: Pick<PacerDeps, 'clock' | 'emit'>,
  room: WaitingRoom,
  enter: (waiter: Waiter) => void,
): Pacer['acquire'] => {
  const { clock } = deps
  return async (asked) => {
    asked.signal.throwIfAborted()
    const startedMs = clock.monotonicMs()
    const { promise, resolve, reject } = Promise.withResolvers<'admitted'>()
    const waiter: Waiter = {
      tenantId: asked.tenantId,
      rank: CALL_CLASSES.indexOf(asked.class),
      admit: () => resolve('admitted'),
      refuse: reject,
    }
    enter(waiter)
    const done = new AbortController()
    const patienceMs = Math.min(MAX_TIMER_MS, asked.patienceMs)
    const patience = clock
      .sleep(patienceMs, AbortSignal.any([asked.signal, done.signal]))
      .then(() => 'out_of_time' as const)
    try {
      return await Promise.race([promise, patience])
    } catch (error) {
      asked.signal.throwIfAborted()
      throw error
    } finally {
      room.remove(waiter)
      done.abort()
      deps.emit('pace.waited', { class: asked.class, waitedMs: clock.monotonicMs() - startedMs })
    }
  }
}

/**
 * Decides which call of this process gets the next slot. Slots are shared with all other processes
 * through the store.
 */
export const createPacer = (deps: PacerDeps): Pacer => {
  const { store, bucket, clock, emit, requestsPerMinute, probing = () => false } = deps
  const room = createWaitingRoom()
  const hints = createPaceHints({ configured: requestsPerMinute, clock })
  const usage = createUsage(clock)
  const closing = new AbortController()
  const tell = (cause: GatewayEvents['pace.changed']['cause']): void =>
    emit('pace.changed', {
      cause,
      requestsPerMinute: Math.round(hints.perMinute() * share.now()),
      configuredPerMinute: requestsPerMinute,
    })
  const share = createKnownShare(clock, tell)
  const slots = createSlots({
    store,
    bucket,
    clock,
    room,
    intervalMs: () => {
      const intervalMs = (60_000 / (hints.perMinute() * SHARE)) * hints.stretch()
      return probing() ? Math.max(PROBE_EVERY_MS, intervalMs) : intervalMs
    },
    share: share.now,
    onReserve: (told) => share.note(told),
    onSlot: usage.add,
    closing: closing.signal,
  })
  const acquire = createAcquire(deps, room, (waiter) => slots.enter(waiter))
  const stats = (): PaceStats =>
    statsOf({ deps, hints, share: share.now(), used: usage.lastMinute(), room })
  return {
    acquire: async (asked) => {
      closing.signal.throwIfAborted()
      return acquire(asked)
    },
    throttle: async (ms) => {
      share.note((await store.throttle(bucket, ms)).share, ms)
      emit('pace.blocked', { blockedMs: ms })
    },
    learn: (hint) => {
      if (hints.learn(hint)) tell('hint')
    },
    stats,
    freshStats: async () => {
      const now = await store.read(bucket).catch(() => null)
      if (now) share.note(now.share, now.blockedMs)
      return stats()
    },
    close: () => closing.abort(),
  }
}
