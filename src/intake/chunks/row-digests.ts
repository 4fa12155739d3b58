import { createDigestBatch } from '../../lib/keyed-digest.ts'

export type ChunkDigests = { idDigests: Buffer; subjectDigests: Buffer }

/** The digests of accepted rows, gathered and made together: calls of the hash for every row were the largest cost of the row path. */
export type RowDigests = {
  /** `view` from `from` to `to`, with some bytes to spare behind it; see `DigestBatch.addBytes`. */
  addId(view: DataView, from: number, to: number): void
  addSubject(view: DataView, from: number, to: number): void
  addSubjectText(subject: string): void
  /** Of the rows added since the last call, in order; ids as `keyedDigest` makes them, subjects as its first 8 bytes. */
  take(): ChunkDigests
}

export const createRowDigests = (key: Uint8Array): RowDigests => {
  const ids = createDigestBatch(key)
  const subjects = createDigestBatch(key)
  return {
    addId: ids.addBytes,
    addSubject: subjects.addBytes,
    addSubjectText: subjects.add,
    take: () => ({ idDigests: ids.take(), subjectDigests: subjects.takeShort() }),
  }
}
