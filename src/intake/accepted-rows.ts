import { createBitmap, hasBit, setBit } from '../lib/bitmap.ts'
import { DIGEST_BYTES } from '../lib/keyed-digest.ts'
import { findReplacedRows } from './replaced-rows.ts'
import type { IdDigests } from './replaced-rows.ts'

export type ReplacedRows = {
  duplicates: number
  /** By chunk, a bitmap over its accepted rows. */
  leftOut: Map<number, Buffer>
  /** By chunk, of each row left out in their order: the line of the row that stays. */
  replacedBy: Map<number, Uint32Array>
  /** Chunks with at least one accepted row that is not left out. */
  liveChunks: number
}

/** Accepted rows are numbered over all chunks; `starts` holds the number of each chunk's first. */
const chunkOf = (starts: readonly number[], row: number): number => {
  let low = 0
  let high = starts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (starts[middle]! <= row) low = middle
    else high = middle - 1
  }
  return low
}

/** A chunk's lines: all of them, or the first where the others follow one by one. */
type Lines = Uint32Array | number

const keptLines = (lines: Uint32Array): Lines => {
  const first = lines[0] ?? 0
  const oneByOne = lines.length === 0 || lines.at(-1)! - first === lines.length - 1
  return oneByOne ? first : lines.slice()
}

const holdsLiveRow = (bitmap: Buffer, rows: number): boolean => {
  let row = 0
  while (row < rows && hasBit(bitmap, row)) row += 1
  return row < rows
}

/** The lines that are there, in their order; 0 = none. */
const presentLines = (lines: Uint32Array): Uint32Array => {
  let present = 0
  for (let row = 0; row < lines.length; row += 1) {
    const line = lines[row]!
    if (line > 0) lines[present++] = line
  }
  return lines.slice(0, present)
}

/** The accepted rows of each chunk, and of the first chunks, up to `mostRows` rows, the digests of their ids. */
export const createAcceptedRows = (mostRows: number) => {
  const starts: number[] = []
  const lines: Lines[] = []
  let next = 0
  let kept: Buffer[] | null = []

  const lineOf = (row: number): number => {
    const seq = chunkOf(starts, row)
    const kept = lines[seq]!
    const at = row - starts[seq]!
    return typeof kept === 'number' ? kept + at : kept[at]!
  }
  /** Where the digests come from; without those kept there is room for twice the rows in a pass. */
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
      const laterLines = new Map<number, Uint32Array>()
      const rowsOf = (seq: number): number => (starts[seq + 1] ?? next) - starts[seq]!
      let duplicates = 0
      const { digests, passRows } = source(idDigests)
      await findReplacedRows(digests, next, passRows, (row, by) => {
        duplicates += 1
        const seq = chunkOf(starts, row)
        let bitmap = leftOut.get(seq)
        if (bitmap === undefined) {
          leftOut.set(seq, (bitmap = createBitmap(rowsOf(seq))))
          laterLines.set(seq, new Uint32Array(rowsOf(seq)))
        }
        setBit(bitmap, row - starts[seq]!)
        laterLines.get(seq)![row - starts[seq]!] = lineOf(by)
      })
      const replacedBy = new Map<number, Uint32Array>()
      for (const [seq, later] of laterLines) {
        replacedBy.set(seq, presentLines(later))
        laterLines.delete(seq)
      }
      const none = Buffer.alloc(0)
      const live = starts.filter((_, seq) => holdsLiveRow(leftOut.get(seq) ?? none, rowsOf(seq)))
      return { duplicates, leftOut, replacedBy, liveChunks: live.length }
    },
  }
}
