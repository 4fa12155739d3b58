import type { Clock } from '../../lib/clock.ts'
import type { PaceStore } from '../../workflows/ports/genesys/genesys.ts'
import type { Waiter, WaitingRoom } from './waiting-room.ts'

/** Slots that one process holds at a time: the second hides the database's round trip. */
const HELD_SLOTS = 2
/** Reserved this far ahead at most, so that a more urgent call never waits longer than this. */
const MIN_AHEAD_MS = 250
/**
 * However long the store's wait is, the store is asked again after this time, because a clock that
 * is set back turns milliseconds into hours.
 */
const MAX_NAP_MS = 5_000
/** A wait that is computed twice is rounded twice. */
const ROUNDED_MS = 2
/** setTimeout fires immediately past 2^31 - 1. */
export const MAX_TIMER_MS = 2_147_000_000

export type SlotDeps = {
  store: PaceStore
  bucket: string
  clock: Clock
  room: WaitingRoom
  /** Between two slots of the whole pace. */
  intervalMs: () => number
  /** The share of the pace, as far as known here. Slots are spaced accordingly. */
  share: () => number
  /** The share as the store returns it. */
  onReserve: (share: number) => void
  onSlot: () => void
  closing: AbortSignal
}

/** Sleeps until the next attempt, or until a more urgent call comes. */
const createNaps = (deps: { clock: Clock; closing: AbortSignal }) => {
  const naps = new Set<{ rank: number; wake: AbortController }>()
  return {
    sleep: async (ms: number, rank: number): Promise<void> => {
      const entry = { rank, wake: new AbortController() }
      naps.add(entry)
      try {
        const signal = AbortSignal.any([entry.wake.signal, deps.closing])
        await deps.clock.sleep(Math.min(MAX_NAP_MS, Math.max(1, ms)), signal)
      } catch (error) {
        if (!entry.wake.signal.aborted) throw error
      } finally {
        naps.delete(entry)
      }
    },
    wakeLessUrgent: (than: number): void => {
      for (const entry of naps) if (entry.rank > than) entry.wake.abort()
    },
  }
}

/**
 * Matches waiting calls with the store's slots. A slot goes to the most urgent call at that moment,
 * which may not be the one for which it was requested. If the store fails, every waiting call gets
 * its error.
 */
export const createSlots = (deps: SlotDeps): { enter(waiter: Waiter): void } => {
  const { store, bucket, clock, room, closing } = deps
  const naps = createNaps(deps)
  let workers = 0
  let held = 0

  const serveOne = async (rank: number): Promise<void> => {
    const intervalMs = deps.intervalMs()
    held += 1
    let reserved: Awaited<ReturnType<PaceStore['reserve']>>
    try {
      const maxAheadMs = Math.ceil(Math.max(MIN_AHEAD_MS, (2 * intervalMs) / deps.share()))
      reserved = await store.reserve({ bucket, rank, intervalMs, maxAheadMs })
      deps.onReserve(reserved.share)
      // Further ahead than was asked for: the clock was set back in the middle of the reservation,
      // and the slot lies the whole jump ahead.
      if (reserved.kind === 'reserved' && reserved.waitMs <= maxAheadMs + ROUNDED_MS) {
        if (reserved.waitMs > 0) await clock.sleep(reserved.waitMs, closing)
        deps.onSlot()
        room.take()?.admit()
        return
      }
    } finally {
      held -= 1
    }
    await naps.sleep(reserved.waitMs, rank)
  }

  const work = async (): Promise<void> => {
    workers += 1
    try {
      for (;;) {
        const rank = room.rankAfter(held)
        if (rank === null) return
        await serveOne(rank)
      }
    } catch (error) {
      for (let waiter = room.take(); waiter !== null; waiter = room.take()) waiter.refuse(error)
    } finally {
      workers -= 1
    }
  }

  return {
    enter: (waiter) => {
      room.add(waiter)
      naps.wakeLessUrgent(waiter.rank)
      if (workers < HELD_SLOTS && workers < room.size()) void work()
    },
  }
}
