import type { Clock } from '../../lib/clock.ts'
import type { DueEffects } from './due-effects.ts'

/**
 * The import of a list in the form of `GET …/importstatus`. Genesys has no state that means success
 * [platform-api: 2.5.4].
 */
export type ShownImport = {
  state?: 'IN_PROGRESS' | 'FAILED'
  totalRecords: number
  completedRecords: number
  percentComplete: number
  failureReason?: string
}

export type ImportEntry = {
  uploadKey: string
  listId: string
  rows: number
  /** `completed` and `failed` are set when the import ends. */
  outcome: 'waiting' | 'running' | 'completed' | 'failed'
  /**
   * How many rows the check of the file refused. Rows for which the list had no room are not
   * counted.
   */
  rejected: number
  failureReason: string | null
  queuedAt: string
}

export type NewImport = {
  uploadKey: string
  listId: string
  rows: number
  rejected: number
  failureReason: string | null
  /**
   * How long the status still shows the previous import after this import has ended. Infinity:
   * forever. null: the status shows this import from its start.
   */
  stuckMs: number | null
  /** Changes the list when the import ends. */
  apply: () => void
}

type Import = Omit<NewImport, 'apply'> & {
  queuedAt: string
  startsAtMs: number
  endsAtMs: number
  ended: boolean
}

/**
 * Imports of files. A list imports one file after the other. The end of an import is a due effect
 * (`due-effects.ts`).
 */
export type Imports = {
  queue(found: NewImport): void
  running(listId: string): boolean
  status(listId: string): ShownImport
  report(): ImportEntry[]
  reset(): void
}

const NEVER: ShownImport = { totalRecords: 0, completedRecords: 0, percentComplete: 0 }

const shownOf = (found: Import, nowMs: number): ShownImport => {
  const { rows: totalRecords, startsAtMs, endsAtMs, failureReason } = found
  if (nowMs < endsAtMs) {
    const share = (nowMs - startsAtMs) / (endsAtMs - startsAtMs)
    const percentComplete = Math.min(99, Math.floor(share * 100))
    const completedRecords = Math.floor(totalRecords * share)
    return { state: 'IN_PROGRESS', totalRecords, completedRecords, percentComplete }
  }
  if (failureReason !== null) {
    const counts = { totalRecords, completedRecords: 0, percentComplete: 0 }
    return { state: 'FAILED', ...counts, failureReason }
  }
  return { totalRecords, completedRecords: totalRecords, percentComplete: 100 }
}

const entryOf = (found: Import, nowMs: number): ImportEntry => {
  const { uploadKey, listId, rows, rejected, failureReason, queuedAt } = found
  const began = nowMs < found.startsAtMs ? 'waiting' : 'running'
  const outcome = found.ended ? (failureReason === null ? 'completed' : 'failed') : began
  return { uploadKey, listId, rows, outcome, rejected, failureReason, queuedAt }
}

/**
 * An import begins `lagMs` after its file arrived, or when the list's previous import ends if that
 * is later. It takes `durationMs`.
 */
export const createImports = (deps: {
  clock: Clock
  effects: DueEffects
  /** The least time from the end of the PUT to the first sign of the import. */
  lagMs: number
  durationMs: number
}): Imports => {
  let imports: Import[] = []
  const now = (): number => deps.clock.monotonicMs()
  const isShown = (found: Import): boolean =>
    found.stuckMs === null ? now() >= found.startsAtMs : now() >= found.endsAtMs + found.stuckMs
  return {
    queue: ({ apply, ...found }) => {
      const before = imports.findLast(({ listId }) => listId === found.listId)
      const startsAtMs = Math.max(now() + deps.lagMs, before?.endsAtMs ?? 0)
      const endsAtMs = startsAtMs + deps.durationMs
      const queuedAt = deps.clock.now().toISOString()
      const queued = { ...found, startsAtMs, endsAtMs, queuedAt, ended: false }
      imports.push(queued)
      deps.effects.add({
        atMs: endsAtMs,
        apply: () => {
          queued.ended = true
          apply()
        },
      })
    },
    running: (listId) => imports.some((found) => found.listId === listId && !found.ended),
    status: (listId) => {
      const current = imports.findLast((found) => found.listId === listId && isShown(found))
      return current ? shownOf(current, now()) : NEVER
    },
    report: () => imports.map((found) => entryOf(found, now())),
    reset: () => {
      imports = []
    },
  }
}
