import type { ContactList } from '../../domain/contact-lists/contact-list.ts'
import type { Upload } from '../../domain/uploads/upload.ts'
import type { Clock } from '../../lib/clock.ts'
import type { RowResult } from '../ports/delivery/delivery.ts'

/** A value that the run replaces as a whole. */
export type Noted<Value> = { value(): Value; note(value: Value): void }

/**
 * Keeps whatever was noted last, even an older value. For copies of the upload, use
 * `createNewestUpload`.
 */
export const createNoted = <Value>(first: Value): Noted<Value> => {
  let noted = first
  return {
    value: () => noted,
    note: (value) => {
      noted = value
    },
  }
}

/**
 * The newest copy of the upload that the store has returned. Ignores an older copy: sending and
 * settling run at the same time, so an older copy may arrive later.
 */
export const createNewestUpload = (first: Upload): Noted<Upload> => {
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

/** Begins without a list and without a reading. */
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

/** In memory only: the next run of the upload begins again with 0 refused rows and no verdicts. */
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

/** The first number is 1, unless `continueAfter` is called first. */
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
