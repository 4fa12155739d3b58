import { createBitmap, hasBit, setBit } from '../../lib/bitmap.ts'
import { DIGEST_BYTES } from '../../lib/keyed-digest.ts'
import { findReplacedRows } from './replaced-rows.ts'
import type { IdDigests } from './replaced-rows.ts'

export type ReplacedRows = {
  duplicates: number
  /**
   * For each chunk with duplicates: a bitmap over its accepted rows. A bit is set if the row was
   * replaced.
   */
  leftOut: Map<number, Buffer>
  /**
   * For each row in `leftOut`, in the same order: the line of the row that stays instead of it. The
   * rows of a chunk share one array.
   */
  replacedBy: Map<number, Uint32Array>
  /** The number of chunks with at least one accepted row that is not left out. */
  liveChunks: number
}

/**
 * Counts the values that are `most` or less. Reads only every `step`th value of the list, beginning
 * with the first. These values must be ascending.
 */
const countUpTo = (values: ArrayLike<number>, step: number, most: number): number => {
  let low = 0
  let high = values.length / step
  while (low < high) {
    const middle = (low + high) >> 1
    if (values[middle * step]! <= most) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * The chunk of a row. Accepted rows are numbered over all chunks. `starts` has the number of the
 * first row of each chunk.
 */
const chunkOf = (starts: readonly number[], row: number): number => countUpTo(starts, 1, row) - 1

/**
 * The lines of a chunk's rows, in little memory. Mostly, each row is one line after the row before
 * it. `jumps` has the exceptions, as pairs of a row and the number of lines skipped up to that row.
 */
type Lines = { first: number; jumps: Uint32Array }

const keptLines = (lines: Uint32Array): Lines => {
  const first = lines[0] ?? 0
  const jumps: number[] = []
  let leftOut = 0
  for (let row = 1; row < lines.length; row += 1) {
    const now = lines[row]! - first - row
    if (now === leftOut) continue
    leftOut = now
    jumps.push(row, leftOut)
  }
  return { first, jumps: Uint32Array.from(jumps) }
}

const lineOfRow = ({ first, jumps }: Lines, row: number): number => {
  const passed = countUpTo(jumps, 2, row)
  return first + row + (passed === 0 ? 0 : jumps[passed * 2 - 1]!)
}

const holdsLiveRow = (bitmap: Buffer, rows: number): boolean => {
  let row = 0
  while (row < rows && hasBit(bitmap, row)) row += 1
  return row < rows
}

/**
 * The replaced rows of a chunk in the order in which they were found, as pairs of a row and the
 * line of the row that replaced it.
 */
type Replacements = { pairs: Uint32Array; used: number }

const SOME_PAIRS = 32

const addPair = (to: Replacements, row: number, line: number): void => {
  if (to.used === to.pairs.length) {
    const larger = new Uint32Array(to.used * 2)
    larger.set(to.pairs)
    to.pairs = larger
  }
  to.pairs[to.used++] = row
  to.pairs[to.used++] = line
}

/** The lines of the pairs, in the order of their rows. `rows`: how many rows the chunk has. */
const linesByRow = ({ pairs, used }: Replacements, rows: number): Uint32Array => {
  const lines = new Uint32Array(rows)
  for (let at = 0; at < used; at += 2) lines[pairs[at]!] = pairs[at + 1]!
  let present = 0
  for (let row = 0; row < rows; row += 1) {
    const line = lines[row]!
    if (line > 0) lines[present++] = line
  }
  return lines.slice(0, present)
}

/**
 * Remembers the lines of the accepted rows of each chunk. Also remembers the digests of their ids,
 * while there are at most `mostRows` rows.
 */
export const createAcceptedRows = (mostRows: number) => {
  const starts: number[] = []
  const lines: Lines[] = []
  let next = 0
  let kept: Buffer[] | null = []

  const lineOf = (row: number): number => {
    const seq = chunkOf(starts, row)
    return lineOfRow(lines[seq]!, row - starts[seq]!)
  }
  /**
   * From where the digests are read: from memory or, if there were too many rows, from the sink.
   * Digests that come from the sink need not be kept in memory, so a pass can have twice as many
   * rows.
   */
  const source = (idDigests: IdDigests): { digests: IdDigests; passRows: number } => {
    const all = kept
    if (all === null) return { digests: idDigests, passRows: mostRows * 2 }
    const digests = async function* () {
      yield* all
    }
    return { digests, passRows: mostRows }
  }
  return {
    addChunk: (idDigests: Buffer, chunkLines: Uint32Array): void => {
      starts.push(next)
      lines.push(keptLines(chunkLines))
      next += idDigests.byteLength / DIGEST_BYTES
      if (next > mostRows) kept = null
      kept?.push(idDigests)
    },
    findReplaced: async (idDigests: IdDigests): Promise<ReplacedRows> => {
      const leftOut = new Map<number, Buffer>()
      const replacements = new Map<number, Replacements>()
      const rowsOf = (seq: number): number => (starts[seq + 1] ?? next) - starts[seq]!
      let duplicates = 0
      const { digests, passRows } = source(idDigests)
      await findReplacedRows(digests, next, passRows, (row, by) => {
        duplicates += 1
        const seq = chunkOf(starts, row)
        let replaced = replacements.get(seq)
        if (replaced === undefined) {
          leftOut.set(seq, createBitmap(rowsOf(seq)))
          replaced = { pairs: new Uint32Array(SOME_PAIRS * 2), used: 0 }
          replacements.set(seq, replaced)
        }
        setBit(leftOut.get(seq)!, row - starts[seq]!)
        addPair(replaced, row - starts[seq]!, lineOf(by))
      })
      const replacedBy = new Map<number, Uint32Array>()
      for (const [seq, replaced] of replacements) {
        replacedBy.set(seq, linesByRow(replaced, rowsOf(seq)))
        replacements.delete(seq)
      }
      const none = Buffer.alloc(0)
      const live = starts.filter((_, seq) => holdsLiveRow(leftOut.get(seq) ?? none, rowsOf(seq)))
      return { duplicates, leftOut, replacedBy, liveChunks: live.length }
    },
  }
}
