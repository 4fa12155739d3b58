import { DIGEST_BYTES } from '../../lib/keyed-digest.ts'
import type { RowFault } from './rejection.ts'

/**
 * Consecutive rows of an upload as they are staged: the unit of storage, ledger, delivery and
 * erasure.
 */

/** A row and its first fault. `more`: the other faults, absent if there are none. */
export type RejectedRow = RowFault & {
  line: number
  more?: readonly RowFault[]
  /** The raw cells in the file's column order, so that the caller can fix and resend the row. */
  cells: string[]
}

/**
 * A chunk as intake passes it on, before it is stored: accepted rows as bytes, so that no string is
 * made of a cell that nobody reads. A cell contains no NUL, so the text is unambiguous.
 */
export type NewChunk = {
  seq: number
  firstLine: number
  lastLine: number
  width: number
  /** Line of each accepted row. */
  lines: Uint32Array
  /**
   * UTF-8. For each accepted row its contact id and then `width` cells, normalised, in the order of
   * `targetColumns`, each ended by NUL.
   */
  text: Uint8Array
  rejected: RejectedRow[]
  blank: number
  /** 16 bytes a row: keyed digest of the contact id. */
  idDigests: Buffer
  /**
   * 16 bytes each, any number: the digest of every phone and email of accepted rows, by which
   * suppressions are looked up.
   */
  subjectDigests: Buffer
  /** Of each, its row. */
  subjectRows: Uint16Array
  /** Of each, the phone in E.164 as a whole number; 0: an address. It is not stored. */
  subjectNumbers?: Float64Array
  /**
   * Ascending: rows whose people did not agree to be called, where that is required. Left out: it
   * is required nowhere. Not stored.
   */
  withoutConsent?: number[]
}

/**
 * Accepted rows are stored flat and row-major. Row `i` has line `lines[i]`, id `contactIds[i]` and
 * the cells `cells[i * width … (i + 1) * width - 1]`, normalised, in the order of the upload's
 * `targetColumns`. "" = empty.
 */
export type Chunk = {
  seq: number
  firstLine: number
  lastLine: number
  width: number
  lines: number[]
  contactIds: string[]
  cells: string[]
  rejected: RejectedRow[]
  /** Lines without any content; counted, never sent. */
  blank: number
  /** 16 bytes a row: keyed digest of the contact id. */
  idDigests: Buffer
  /**
   * 16 bytes each, any number: the digest of every phone and email of accepted rows, by which
   * suppressions are looked up.
   */
  subjectDigests: Buffer
  /** Of each, its row. */
  subjectRows: Uint16Array
}

/**
 * A stored chunk, with the rows that a later line of the same file replaced. The digests stay where
 * they are searched.
 */
export type StagedChunk = Omit<Chunk, 'idDigests' | 'subjectDigests' | 'subjectRows'> & {
  leftOut: Buffer
  /** Rows whose person was erased: their ids and cells are empty. Left out: none. */
  erased?: Buffer
}

type ChunkCells = Pick<Chunk, 'width' | 'contactIds' | 'cells'>

/** A new chunk's text from its cells as strings. */
export const textOfCells = ({ width, contactIds, cells }: ChunkCells): Buffer => {
  const pieces: string[] = []
  for (const [row, contactId] of contactIds.entries()) {
    pieces.push(contactId)
    for (let at = row * width; at < (row + 1) * width; at += 1) pieces.push(cells[at]!)
  }
  // The last piece, an empty one, ends the last cell.
  pieces.push('')
  return Buffer.from(pieces.join('\0'))
}

/** The inverse of `textOfCells`. Throws if the text is not that of so many rows. */
export const cellsOfText = (text: Buffer, rows: number, width: number): ChunkCells => {
  const pieces = text.toString('utf8').split('\0')
  if (pieces.length !== rows * (width + 1) + 1) {
    throw new Error(`The text of a chunk is not that of ${rows} rows of ${width} cells`)
  }
  const contactIds: string[] = []
  const cells: string[] = []
  for (let row = 0, at = 0; row < rows; row += 1) {
    contactIds.push(pieces[at++]!)
    for (let column = 0; column < width; column += 1) cells.push(pieces[at++]!)
  }
  return { width, contactIds, cells }
}

const ROW_BYTES = 2

/**
 * The subjects of a chunk in their stored form: the digests, followed by the row of each, two
 * bytes, little-endian.
 */
export const packSubjects = ({
  subjectDigests,
  subjectRows,
}: Pick<NewChunk, 'subjectDigests' | 'subjectRows'>): Buffer => {
  const packed = Buffer.allocUnsafe(subjectDigests.length + subjectRows.length * ROW_BYTES)
  packed.set(subjectDigests)
  for (let at = 0; at < subjectRows.length; at += 1) {
    packed.writeUInt16LE(subjectRows[at]!, subjectDigests.length + at * ROW_BYTES)
  }
  return packed
}

/** The inverse. */
export const unpackSubjects = (
  packed: Buffer,
): Pick<NewChunk, 'subjectDigests' | 'subjectRows'> => {
  const count = packed.length / (DIGEST_BYTES + ROW_BYTES)
  const subjectDigests = packed.subarray(0, count * DIGEST_BYTES)
  const subjectRows = new Uint16Array(count)
  for (let at = 0; at < count; at += 1) {
    subjectRows[at] = packed.readUInt16LE(subjectDigests.length + at * ROW_BYTES)
  }
  return { subjectDigests, subjectRows }
}
