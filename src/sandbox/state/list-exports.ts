import { randomUUID } from 'node:crypto'

import type { Clock } from '../../lib/clock.ts'
import type { DueEffects } from './due-effects.ts'

export type ListExport = { listId: string; downloadId: string; exportedAt: string; csv: string }

/**
 * Exports of lists. An export is made after its call was answered. `latest` returns the newest
 * export that `start` made for a list. The last `KEPT` exports can be downloaded.
 */
export type ListExports = {
  /** Calls `csvOf` when the export is made. */
  start(listId: string, csvOf: () => string): void
  /** Makes an export immediately. */
  make(listId: string, csv: string): ListExport
  latest(listId: string): ListExport | undefined
  download(downloadId: string): ListExport | undefined
  reset(): void
}

/**
 * How many exports are kept. Older ones are dropped, because the export of a full list is large. A
 * caller who needs a dropped export requests a new one.
 */
const KEPT = 10

/**
 * An export is made `durationMs` after `start`, when the due effects are applied. It has the
 * contacts that the list has then.
 */
export const createListExports = (deps: {
  clock: Clock
  effects: DueEffects
  durationMs: number
}): ListExports => {
  let made: ListExport[] = []
  const shown = new Map<string, ListExport>()
  const make = (listId: string, csv: string): ListExport => {
    const exportedAt = deps.clock.now().toISOString()
    const found = { listId, downloadId: randomUUID(), exportedAt, csv }
    made = [...made.slice(1 - KEPT), found]
    return found
  }
  return {
    start: (listId, csvOf) =>
      deps.effects.add({
        atMs: deps.clock.monotonicMs() + deps.durationMs,
        apply: () => {
          shown.set(listId, make(listId, csvOf()))
        },
      }),
    make,
    latest: (listId) => shown.get(listId),
    download: (downloadId) => made.find((found) => found.downloadId === downloadId),
    reset: () => {
      made = []
      shown.clear()
    },
  }
}
