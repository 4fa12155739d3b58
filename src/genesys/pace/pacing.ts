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
 * The share of the allowed pace that slots are given out for. The rest absorbs what shifts a
 * request after its slot: jitter, timers, the network (P6: over any window rate × window + burst ≤
 * limit).
 */
const SHARE = 0.975

/** During an outage all instances together send this often at most, to see its end. */
const PROBE_EVERY_MS = 500

export type PaceStats = {
  /**
   * In force: the configured pace, or less after a 429 or when Genesys reports that it allows less.
   */
  requestsPerMinute: number
  configuredPerMinute: number
  /** Slots this process used within the last minute. */
  usedLastMinute: number
  /** The rest that Genesys last reported; a hint. null when it reports none. */
  remaining: number | null
  waiting: Record<CallClass, number>
}

export type Pacer = {
  /**
   * Waits for a slot, the most urgent class first and tenants in turn. `out_of_time` when none came
   * within `patienceMs`. Rejects with the signal's reason when it aborts, and with the store's
   * error when the bucket cannot be read.
   */
  acquire(asked: {
    tenantId: string
    class: CallClass
    signal: AbortSignal
    patienceMs: number
  }): Promise<'admitted' | 'out_of_time'>
  /** After a 429: nobody, on any instance, sends for `ms`, and then all go slower. */
  throttle(ms: number): Promise<void>
  /** Hints of an answer's headers: they can only slow us down, never speed us up. */
  learn(hint: PaceHint): void
  stats(): PaceStats
  /**
   * The same as `stats`, with the share that other instances may have changed. Errors of the
   * database are ignored.
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
  /** Whether Genesys is away, so that only probes go out. */
  probing?: () => boolean
}

/** Slots used in the last minute, for the gauge. */
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

/** The share in force as the store last returned it, grown since by the same rule. */
const createKnownShare = (clock: Clock, told: (cause: 'throttled' | 'recovered') => void) => {
  const { full } = PACE_SHARE_RULE
  let known = { share: full as number, atMs: 0 }
  const now = (): number => grownShare(known.share, clock.monotonicMs() - known.atMs)
  return {
    now,
    /** `growsInMs`: while the bucket is blocked the share does not grow. */
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
 * Decides which call of this process goes next, on slots shared with all others through the store.
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
