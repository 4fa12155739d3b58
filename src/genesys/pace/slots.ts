import type { Clock } from '../../lib/clock.ts'
import type { PaceStore } from '../../workflows/ports/genesys/genesys.ts'
import type { Waiter, WaitingRoom } from './waiting-room.ts'

/**
 * How many slots a process reserves ahead. While a process waits for the time of one slot, it
 * reserves the next slot. The round trip to the database therefore costs no time.
 */
const HELD_SLOTS = 2
/**
 * Slots are reserved at most this far ahead, or two intervals between slots ahead, whichever is
 * longer. This is also the longest time that a more urgent call waits for slots that were reserved
 * earlier.
 */
const MIN_AHEAD_MS = 250
/**
 * After this time at the latest, the process asks the store again, even if the store demanded a
 * longer wait. If the database's clock is set back, a wait of milliseconds can become one of hours.
 */
const MAX_NAP_MS = 5_000
/** Two computations of a wait may differ by this much, because both are rounded. */
const ROUNDED_MS = 2
/** The longest timer. setTimeout fires immediately for a time longer than 2^31 - 1. */
export const MAX_TIMER_MS = 2_147_000_000

export type SlotDeps = {
  store: PaceStore
  bucket: string
  clock: Clock
  room: WaitingRoom
  /** The time between two slots at the full pace. */
  intervalMs: () => number
  /**
   * The share of the pace in force, as this process knows it. A smaller share means more time
   * between slots.
   */
  share: () => number
  /** Receives the share that the store returns. */
  onReserve: (share: number) => void
  onSlot: () => void
  closing: AbortSignal
}

/** Sleeps until it is time to ask again, or until a more urgent call comes. */
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
 * Matches waiting calls with slots of the store. When the time of a slot comes, the most urgent
 * call at that moment gets the slot, even if the slot was requested for another call. If the store
 * fails, every waiting call gets the store's error.
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
      // If the slot is further ahead than allowed, the clock was set back during the reservation.
      // Waiting for this slot would take as long as the jump, so the slot is not used.
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
