import { DIGEST_BYTES } from '../../lib/keyed-digest.ts'
import { bytesOf } from '../../lib/memory-bytes.ts'
import type { RowFault } from './rejection.ts'

/**
 * A chunk holds consecutive rows of an upload. Rows are stored, listed, delivered and erased by
 * chunks.
 */

/** A rejected row with its first fault. `more`: its other faults. Left out if there are none. */
export type RejectedRow = RowFault & {
  line: number
  more?: readonly RowFault[]
  /**
   * The cells as the caller sent them, in the order of the file. The caller can correct the row and
   * send it again.
   */
  cells: string[]
}

/**
 * A chunk that intake passes on to be stored. Accepted rows are bytes, so a cell becomes a string
 * only when code reads it. No cell contains NUL, so NUL can mark the end of each cell.
 */
export type NewChunk = {
  seq: number
  firstLine: number
  lastLine: number
  width: number
  /** The line of each accepted row. */
  lines: Uint32Array
  /**
   * UTF-8. For each accepted row: its contact id, and then `width` normalised cells in the order of
   * `targetColumns`. NUL follows the id and each cell.
   */
  text: Uint8Array
  rejected: RejectedRow[]
  blank: number
  /** The keyed digest of each row's contact id, 16 bytes each. */
  idDigests: Buffer
  /**
   * The digests of all phones and emails of accepted rows, 16 bytes each. They are used to look up
   * suppressions.
   */
  subjectDigests: Buffer
  /** For each of these digests, the index of its row. */
  subjectRows: Uint16Array
  /**
   * For each of these digests, the phone in E.164 as a whole number. 0: the digest is of an
   * email. Not stored.
   */
  subjectNumbers?: Float64Array
  /**
   * The indexes (ascending) of rows that do not show consent, although the country of a phone
   * number in the row requires consent. Left out if no country requires consent. Not stored.
   */
  withoutConsent?: number[]
}

/**
 * A chunk as strings. The accepted row `i` has line `lines[i]`, id `contactIds[i]` and the cells
 * `cells[i * width … (i + 1) * width - 1]`. The cells are normalised and in the order of the
 * upload's `targetColumns`. "" is an empty cell.
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
  /** How many lines have no content. They are only counted. */
  blank: number
  /** The keyed digest of each row's contact id, 16 bytes each. */
  idDigests: Buffer
  /**
   * The digests of all phones and emails of accepted rows, 16 bytes each. They are used to look up
   * suppressions.
   */
  subjectDigests: Buffer
  /** For each of these digests, the index of its row. */
  subjectRows: Uint16Array
}

/**
 * A stored chunk. `leftOut`: a bitmap of the rows that are not sent, because a later line replaced
 * them, or because they are suppressed. The digests are not read with the chunk, because the
 * database searches them.
 */
export type StagedChunk = Omit<Chunk, 'idDigests' | 'subjectDigests' | 'subjectRows'> & {
  leftOut: Buffer
  /**
   * A bitmap of rows whose person was erased. Their ids and cells are empty. Missing if no person
   * was erased.
   */
  erased?: Buffer
}

type ChunkCells = Pick<Chunk, 'width' | 'contactIds' | 'cells'>

/** The text of a new chunk, from cells that are strings. */
export const textOfCells = ({ width, contactIds, cells }: ChunkCells): Buffer => {
  const pieces: string[] = []
  for (const [row, contactId] of contactIds.entries()) {
    pieces.push(contactId)
    for (let at = row * width; at < (row + 1) * width; at += 1) pieces.push(cells[at]!)
  }
  // With an empty last piece, a NUL also follows the last cell.
  pieces.push('')
  return Buffer.from(pieces.join('\0'))
}

/**
 * The opposite of `textOfCells`. Throws if the text does not have this number of rows of this
 * width.
 */
export const cellsOfText = (text: Buffer, rows: number, width: number): ChunkCells => {
  const pieces = text.toString('utf8').split('\0')
  if (pieces.length !== rows * (width + 1) + 1) {
    throw new Error(`The text of a chunk does not have ${rows} rows of ${width} cells`)
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
 * The form in which a chunk's digests of phones and emails are stored: first all digests, then the
 * row index of each digest in two bytes, little-endian.
 */
export const packSubjects = ({
  subjectDigests,
  subjectRows,
}: Pick<NewChunk, 'subjectDigests' | 'subjectRows'>): Buffer => {
  const packed = Buffer.allocUnsafe(subjectDigests.length + subjectRows.length * ROW_BYTES)
  packed.set(subjectDigests)
  packed.set(bytesOf(subjectRows), subjectDigests.length)
  return packed
}

/** Reads what `packSubjects` wrote. */
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
