import type { Clock } from '../lib/clock.ts'
import type { Emit } from '../telemetry/events.ts'
import { CALL_CLASSES, type CallClass, type PaceStore } from '../workflows/ports/genesys.ts'
import { createSlots, MAX_TIMER_MS } from './slots.ts'
import { createWaitingRoom, type Waiter, type WaitingRoom } from './waiting-room.ts'

/**
 * The share of the allowed pace that slots are given out for. The rest absorbs what shifts a request after its slot: jitter,
 * timers, the network (P6: over any window rate × window + burst ≤ limit).
 */
const SHARE = 0.975

export type PaceStats = {
  /** The configured pace, or less when Genesys says that it allows less. */
  requestsPerMinute: number
  /** Slots this process used within the last minute. */
  usedLastMinute: number
  /** What Genesys last said remains; a hint. null when it says nothing. */
  remaining: number | null
  waiting: Record<CallClass, number>
}

export type Pacer = {
  /**
   * Waits for a slot, the most urgent class first and tenants in turn. `out_of_time` when none came within `patienceMs`. Rejects
   * with the signal's reason when it aborts, and with the store's error when the bucket cannot be read.
   */
  acquire(asked: {
    tenantId: string
    class: CallClass
    signal: AbortSignal
    patienceMs: number
  }): Promise<'admitted' | 'out_of_time'>
  /** After a 429: nobody, on any instance, sends for `ms`. */
  block(ms: number): Promise<void>
  /** Hints of an answer's headers: they can only slow us down, never speed us up. */
  learn(hints: { remaining: number | null; allowed: number | null }): void
  stats(): PaceStats
  close(): void
}

export type PacerDeps = {
  store: PaceStore
  bucket: string
  requestsPerMinute: number
  clock: Clock
  emit: Emit
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

const createPace = (configured: number) => {
  let allowed = configured
  let remaining: number | null = null
  const perMinute = (): number => Math.min(configured, allowed)
  return {
    perMinute,
    remaining: (): number | null => remaining,
    learn: (hints: { remaining: number | null; allowed: number | null }): void => {
      // Below 10 a minute a header is more likely wrong than right.
      if (hints.allowed !== null && hints.allowed >= 10) allowed = hints.allowed
      remaining = hints.remaining
    },
    /** Twice as long while Genesys says that next to nothing is left: our own share leaves more than that. */
    intervalMs: (): number => {
      const interval = 60_000 / (perMinute() * SHARE)
      return remaining !== null && remaining <= 1 ? interval * 2 : interval
    },
  }
}

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

/** Who goes next in this process, on slots shared with all others through the store. */
export const createPacer = (deps: PacerDeps): Pacer => {
  const { store, bucket, clock } = deps
  const room = createWaitingRoom()
  const pace = createPace(deps.requestsPerMinute)
  const usage = createUsage(clock)
  const closing = new AbortController()
  const slots = createSlots({
    store,
    bucket,
    clock,
    room,
    intervalMs: pace.intervalMs,
    onSlot: usage.add,
    closing: closing.signal,
  })
  const acquire = createAcquire(deps, room, (waiter) => slots.enter(waiter))
  return {
    acquire: async (asked) => {
      closing.signal.throwIfAborted()
      return acquire(asked)
    },
    block: async (ms) => {
      await store.block(bucket, ms)
      deps.emit('pace.blocked', { blockedMs: ms })
    },
    learn: pace.learn,
    stats: () => ({
      requestsPerMinute: pace.perMinute(),
      usedLastMinute: usage.lastMinute(),
      remaining: pace.remaining(),
      waiting: room.waiting(),
    }),
    close: () => closing.abort(),
  }
}
