import { setImmediate as turn } from 'node:timers/promises'

import type { Clock } from '../../../src/lib/clock.ts'

const START = Date.parse('2026-03-01T12:00:00Z')

/** A clock on which every sleep ends immediately and moves the time by its length. */
export const createLeapingClock = (): Clock & { elapsedMs(): number } => {
  let ms = 0
  return {
    now: () => new Date(START + ms),
    monotonicMs: () => ms,
    elapsedMs: () => ms,
    sleep: async (wait, signal) => {
      signal?.throwIfAborted()
      ms += wait
      await turn()
      signal?.throwIfAborted()
    },
  }
}

type Timer = { atMs: number; done: () => void }

/** A clock on which time stands still until `advance`. */
export const createManualClock = (): Clock & { advance(ms: number): Promise<void> } => {
  let ms = 0
  const timers = new Set<Timer>()
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 10; i += 1) await turn()
  }
  return {
    now: () => new Date(START + ms),
    monotonicMs: () => ms,
    sleep: (wait, signal) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) {
          reject(signal.reason as Error)
          return
        }
        const timer: Timer = { atMs: ms + wait, done: resolve }
        timers.add(timer)
        signal?.addEventListener('abort', () => {
          timers.delete(timer)
          reject(signal.reason as Error)
        })
      }),
    advance: async (by) => {
      const end = ms + by
      await settle()
      for (;;) {
        const due = [...timers]
          .filter((timer) => timer.atMs <= end)
          .toSorted((a, b) => a.atMs - b.atMs)
        const first = due[0]
        if (first === undefined) break
        timers.delete(first)
        ms = Math.max(ms, first.atMs)
        first.done()
        await settle()
      }
      ms = end
      await settle()
    },
  }
}
