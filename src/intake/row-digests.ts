import { createDigestBatch } from '../lib/keyed-digest.ts'
import type { CheckedRow } from './row-check.ts'

export type ChunkDigests = { idDigests: Buffer; subjectDigests: Buffer }

/** The digests of accepted rows, gathered and made together: calls of the hash for every row were the largest cost of the row path. */
export type RowDigests = {
  add(row: CheckedRow): void
  /** Of the rows added since the last call, in order; ids and subjects as `keyedDigest` makes them. */
  take(): ChunkDigests
}

export const createRowDigests = (key: Uint8Array): RowDigests => {
  const ids = createDigestBatch(key)
  const subjects = createDigestBatch(key)
  return {
    add: (row) => {
      ids.add(row.contactId)
      for (const subject of row.subjects) subjects.add(subject)
    },
    take: () => ({
      idDigests: ids.take(),
      subjectDigests: subjects.take(),
    }),
  }
}
