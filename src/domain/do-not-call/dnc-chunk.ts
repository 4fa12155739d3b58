import type { RejectedRow } from '../uploads/chunk.ts'
import type { EntryTerms } from './dnc-entry.ts'
import type { StoredEntry } from './dnc-submission.ts'

/** Consecutive entries of a submission. */
export type DncChunk = {
  seq: number
  firstLine: number
  lastLine: number
  /** The terms of the entries, each kind once. */
  terms: readonly EntryTerms[]
  entries: readonly StoredEntry[]
  rejected: readonly RejectedRow[]
}

/** A chunk with the digests by which its entries are found, 16 bytes each, in order. */
export type NewDncChunk = DncChunk & { subjects: Buffer }
