import type { Clock } from '../../lib/clock.ts'

type DueEffect = { atMs: number; apply: () => void }

/**
 * Effects that happen later than the call that caused them. Before each call is handled, the
 * effects that have become due are applied, in the order of their times.
 */
export type DueEffects = {
  /** An effect with the time `Infinity` never comes. */
  add(effect: DueEffect): void
  settleDue(): void
  reset(): void
}

/**
 * Compares the times of effects with the monotonic clock. Nothing is applied until a caller calls
 * `settleDue`.
 */
export const createDueEffects = (deps: { clock: Clock }): DueEffects => {
  let waiting: DueEffect[] = []
  return {
    add: (effect) => {
      waiting.push(effect)
    },
    settleDue: () => {
      if (waiting.length === 0) return
      const nowMs = deps.clock.monotonicMs()
      const due = waiting.filter(({ atMs }) => atMs <= nowMs)
      waiting = waiting.filter(({ atMs }) => atMs > nowMs)
      for (const effect of due.toSorted((a, b) => a.atMs - b.atMs)) effect.apply()
    },
    reset: () => {
      waiting = []
    },
  }
}
