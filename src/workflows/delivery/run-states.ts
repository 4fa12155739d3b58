import type { ContactList } from '../../domain/contact-lists/contact-list.ts'
import type { HolderWait, Upload } from '../../domain/uploads/upload.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Clearing, RowResult } from '../ports/delivery/delivery.ts'

/** The newest copy of the upload that the store has returned. */
export type NewestUpload = {
  value(): Upload
  /**
   * Keeps the copy if it is not older. Sending and settling run at the same time, so an older copy
   * may arrive later.
   */
  note(upload: Upload): void
}

export const createNewestUpload = (first: Upload): NewestUpload => {
  let newest = first
  return {
    value: () => newest,
    note: (upload) => {
      if (upload.version >= newest.version) newest = upload
    },
  }
}

/** The last reading of the list that found it ready. */
export type ListReading = {
  /** null before the first reading. */
  list(): ContactList | null
  /** How old the reading is. Infinity: there is none, or it is in doubt. */
  ageMs(): number
  note(list: ContactList): void
  /** Stores a list that another delivery has read. This does not count as a reading of this run. */
  adopt(list: ContactList): void
  /** Call this after a failure that the list may have caused. */
  doubt(): void
}

export const createListReading = (clock: Pick<Clock, 'monotonicMs'>): ListReading => {
  let list: ContactList | null = null
  let readAtMs = Number.NEGATIVE_INFINITY
  const adopt = (read: ContactList): void => {
    list = read
  }
  return {
    list: () => list,
    ageMs: () => clock.monotonicMs() - readAtMs,
    note: (read) => {
      adopt(read)
      readAtMs = clock.monotonicMs()
    },
    adopt,
    doubt: () => {
      readAtMs = Number.NEGATIVE_INFINITY
    },
  }
}

/**
 * How far the upload has got with overwriting the list. Call `note` after the store has recorded a
 * step.
 */
export type ClearingProgress = {
  value(): Clearing
  note(step: Partial<Clearing>): void
}

export const createClearingProgress = (first: Clearing): ClearingProgress => {
  let clearing = first
  return {
    value: () => clearing,
    note: (step) => {
      clearing = { ...clearing, ...step }
    },
  }
}

/**
 * Whether rows whose content Genesys already holds may be left out. False until it is decided,
 * after the list was read.
 */
export type Skipping = { isOn(): boolean; decide(on: boolean): void }

export const createSkipping = (): Skipping => {
  let on = false
  return {
    isOn: () => on,
    decide: (decided) => {
      on = decided
    },
  }
}

type Verdict = Omit<RowResult, 'line' | 'chunkSeq'>

/** The rows of this run that Genesys refused or that must not be sent. */
export type RefusedRows = {
  /** How many rows Genesys has refused in this run. */
  count(): number
  add(rows: number): void
  /**
   * Verdicts of rows of a file, by `chunkSeq:row`. They cannot be kept in a plan, because each part
   * reads its chunks again and makes a new plan.
   */
  verdict(rowKey: string): Verdict | undefined
  keepVerdict(rowKey: string, verdict: Verdict): void
}

export const createRefusedRows = (): RefusedRows => {
  const verdicts = new Map<string, Verdict>()
  let count = 0
  return {
    count: () => count,
    add: (rows) => {
      count += rows
    },
    verdict: (rowKey) => verdicts.get(rowKey),
    keepVerdict: (rowKey, verdict) => void verdicts.set(rowKey, verdict),
  }
}

/** The numbers of the upload's parts, in the order in which the parts are made. */
export type PartNumbers = {
  /** Call this before the first `next`, with the highest number that the store has. */
  continueAfter(seq: number): void
  next(): number
}

export const createPartNumbers = (): PartNumbers => {
  let last = 0
  return {
    continueAfter: (seq) => {
      last = seq
    },
    next: () => {
      last += 1
      return last
    },
  }
}

/** The reason for waiting that was last stored for the lane. null: none. */
export type NotedWait = { reason(): HolderWait | null; note(reason: HolderWait | null): void }

export const createNotedWait = (): NotedWait => {
  let noted: HolderWait | null = null
  return {
    reason: () => noted,
    note: (reason) => {
      noted = reason
    },
  }
}

/**
 * How long the last job took, from sending to its end, so that the next job is not polled too
 * early. null before the first job.
 */
export type JobSpan = { ms(): number | null; note(ms: number): void }

export const createJobSpan = (): JobSpan => {
  let spanMs: number | null = null
  return {
    ms: () => spanMs,
    note: (ms) => {
      spanMs = ms
    },
  }
}
