import { randomUUID } from 'node:crypto'

import type { Clock } from '../../lib/clock.ts'
import type { DueEffects } from './due-effects.ts'

export type ListExport = { listId: string; downloadId: string; exportedAt: string; csv: string }

/**
 * Exports of lists, made behind the answer; the last one of a list is shown, and the last ones can
 * be downloaded.
 */
export type ListExports = {
  /** `csvOf` is asked when the export is made. */
  start(listId: string, csvOf: () => string): void
  /** Makes one at once. */
  make(listId: string, csv: string): ListExport
  latest(listId: string): ListExport | undefined
  download(downloadId: string): ListExport | undefined
  reset(): void
}

/** A file of a full list is large; who wants an older one asks again. */
const KEPT = 10

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
