import type { Chunk, RejectedRow } from '../domain/chunk.ts'
import { pack, unpack } from '../lib/envelope.ts'

/** What is inside the sealed payload of a chunk; the digests lie beside it, to be searched without opening. */
type Payload = [
  width: number,
  blank: number,
  lines: number[],
  contactIds: string[],
  cells: string[],
  rejected: [line: number, code: string, column: string | null, cells: string[]][],
]

export type ChunkRow = {
  seq: number
  first_line: number
  last_line: number
  payload: Buffer
  left_out: Buffer
  id_digests: Buffer
  subject_digests: Buffer
  content_hashes: Buffer
}

const contextOf = (uploadId: string, seq: number): string => `${uploadId}:${seq}`

/** JSON, zstd, AES-256-GCM under the upload's data key, bound to upload and seq. */
export const encodeChunk = (dataKey: Buffer, uploadId: string, chunk: Chunk): Promise<Buffer> => {
  const payload: Payload = [
    chunk.width,
    chunk.blank,
    chunk.lines,
    chunk.contactIds,
    chunk.cells,
    chunk.rejected.map((row) => [row.line, row.code, row.column, row.cells]),
  ]
  return pack(dataKey, contextOf(uploadId, chunk.seq), Buffer.from(JSON.stringify(payload)))
}

/** The inverse; throws when the bytes were changed or moved. */
export const decodeChunk = async (
  dataKey: Buffer,
  uploadId: string,
  row: ChunkRow,
): Promise<Chunk & { leftOut: Buffer }> => {
  const plain = await unpack(dataKey, contextOf(uploadId, row.seq), row.payload)
  const [width, blank, lines, contactIds, cells, rejected] = JSON.parse(plain.toString()) as Payload
  return {
    seq: row.seq,
    firstLine: row.first_line,
    lastLine: row.last_line,
    width,
    blank,
    lines,
    contactIds,
    cells,
    rejected: rejected.map(([line, code, column, raw]): RejectedRow => ({
      line,
      code,
      column,
      cells: raw,
    })),
    idDigests: row.id_digests,
    subjectDigests: row.subject_digests,
    contentHashes: row.content_hashes,
    leftOut: row.left_out,
  }
}
