import type { RejectedRow } from '../uploads/chunk.ts'
import type { EntryTerms } from './dnc-entry.ts'
import type { StoredEntry } from './dnc-submission.ts'

/** Consecutive entries of a submission. */
export type DncChunk = {
  seq: number
  firstLine: number
  lastLine: number
  /**
   * The terms of all entries. Entries with the same terms share one element. An entry refers to its
   * terms by their index.
   */
  terms: readonly EntryTerms[]
  entries: readonly StoredEntry[]
  rejected: readonly RejectedRow[]
}

/** A chunk with the digests by which entries are found: 16 bytes for each entry, in order. */
export type NewDncChunk = DncChunk & { subjects: Buffer }
