import type { Chunk, StagedChunk } from '../../../src/domain/uploads/chunk.ts'
import { type Upload, ZERO_COUNTS } from '../../../src/domain/uploads/upload.ts'
import { createBitmap, countBits, setBit } from '../../../src/lib/bitmap.ts'
import { sha256 } from '../../../src/lib/digest.ts'
import { anUpload } from '../gateway/an-upload.ts'

/** The digest of a contact id, as `makeChunk` stores it. */
export const idDigestOf = (id: string): Buffer => sha256(id).subarray(0, 16)

/**
 * A chunk of the contacts `ids` with two columns. Its content is made from the id and `content`.
 */
export const makeChunk = (
  seq: number,
  ids: readonly string[],
  about: { content?: string; leftOut?: readonly number[]; firstLine?: number } = {},
): Chunk & StagedChunk => {
  const first = about.firstLine ?? 2 + seq * 100
  const leftOut = createBitmap(ids.length)
  for (const row of about.leftOut ?? []) setBit(leftOut, row)
  return {
    seq,
    firstLine: first,
    lastLine: first + ids.length,
    width: 2,
    lines: ids.map((_, row) => first + row),
    contactIds: [...ids],
    cells: ids.flatMap((id) => [id, about.content ?? 'a']),
    rejected: [],
    blank: 0,
    idDigests: Buffer.concat(ids.map(idDigestOf)),
    subjectDigests: Buffer.alloc(0),
    subjectRows: new Uint16Array(),
    leftOut,
  }
}

/** An upload of these chunks, staged for `list-1`. `about` overrides any field. */
export const makeUpload = (chunks: readonly StagedChunk[], about: Partial<Upload> = {}): Upload => {
  const accepted = chunks.reduce(
    (sum, chunk) => sum + chunk.contactIds.length - countBits(chunk.leftOut),
    0,
  )
  return anUpload({
    acceptedSeq: 5,
    contentSeq: about.acceptedSeq ?? 5,
    state: 'staged',
    version: 1,
    delivery: {
      method: 'batches',
      batches: { total: chunks.length, delivered: 0, failed: 0 },
      duplicateCheckField: null,
    },
    source: {
      fileName: null,
      format: 'csv',
      encoding: 'utf-8',
      delimiter: ',',
      bytes: 1,
      sha256: 'ab',
    },
    columns: [],
    counts: { ...ZERO_COUNTS, read: accepted, accepted },
    planDigest: '',
    schemaVersion: 'v1',
    targetColumns: ['id', 'note'],
    createdAt: '2026-03-01T11:00:00.000Z',
    updatedAt: '2026-03-01T11:00:00.000Z',
    ...about,
  })
}

/** What an upload with only the column `id` has if its chunks go to Genesys as a file. */
export const asFile = (chunks: readonly unknown[]): Pick<Upload, 'columns' | 'delivery'> => ({
  columns: [{ name: 'id', kind: 'contactId', mappedTo: 'id' }],
  delivery: {
    method: 'file',
    batches: { total: chunks.length, delivered: 0, failed: 0 },
    duplicateCheckField: null,
  },
})
