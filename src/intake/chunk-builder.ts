import type { Chunk, NewChunk, RejectedRow } from '../domain/chunk.ts'
import { textOfCells } from '../domain/chunk.ts'
import { createBitmap, hasBit, setBit } from '../lib/bitmap.ts'
import { DIGEST_BYTES } from '../lib/keyed-digest.ts'
import { createDuplicateTable } from './duplicate-table.ts'
import type { CheckedRow } from './row-check.ts'
import type { ChunkDigests, RowDigests } from './row-digests.ts'

/** A chunk closes past this many characters of cells, or this many rejected rows, so that one always fits in memory and in a statement. */
const CHUNK_CHARS = 2_000_000
const CHUNK_REJECTED = 5_000

type OpenChunk = Omit<Chunk, keyof ChunkDigests> & { chars: number }

/** Gathers rows into chunks; and, over all of them, knows which accepted rows a later line of the same contact replaced. */
export type ChunkBuilder = {
  accept(line: number, row: CheckedRow): void
  reject(row: RejectedRow): void
  blank(line: number): void
  /** Chunks closed since the last call, in order. */
  takeClosed(): NewChunk[]
  close(): void
  duplicates(): number
  leftOut(): Map<number, Buffer>
  /** Chunks with at least one accepted row that is not left out. */
  liveChunks(): number
  chunks(): number
}

const seal = (open: OpenChunk, digests: ChunkDigests): NewChunk => {
  const { seq, firstLine, lastLine, width, lines, rejected, blank } = open
  return {
    seq,
    firstLine,
    lastLine,
    width,
    lines: Uint32Array.from(lines),
    text: textOfCells(open),
    rejected,
    blank,
    ...digests,
  }
}

const openChunk = (seq: number, width: number, line: number): OpenChunk => ({
  seq,
  firstLine: line,
  lastLine: line,
  width,
  lines: [],
  contactIds: [],
  cells: [],
  rejected: [],
  blank: 0,
  chars: 0,
})

const isFull = (chunk: OpenChunk, batchRows: number): boolean =>
  chunk.lines.length >= batchRows ||
  chunk.chars > CHUNK_CHARS ||
  chunk.rejected.length >= CHUNK_REJECTED

const addRow = (chunk: OpenChunk, line: number, row: CheckedRow): void => {
  chunk.lines.push(line)
  chunk.contactIds.push(row.contactId)
  for (const cell of row.cells) {
    chunk.cells.push(cell)
    chunk.chars += cell.length
  }
}

/** Which rows of which chunk were replaced; rows are numbered over all chunks in the order of acceptance. */
const createReplacedRows = (batchRows: number) => {
  const table = createDuplicateTable()
  const leftOut = new Map<number, Buffer>()
  /** By chunk: the number of its first accepted row. */
  const starts: number[] = [0]
  let next = 0
  let duplicates = 0

  const chunkOf = (row: number): number => {
    let low = 0
    let high = starts.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (starts[middle]! <= row) low = middle
      else high = middle - 1
    }
    return low
  }
  const leaveOut = (row: number): void => {
    duplicates += 1
    const seq = chunkOf(row)
    let bitmap = leftOut.get(seq)
    if (bitmap === undefined) leftOut.set(seq, (bitmap = createBitmap(batchRows)))
    setBit(bitmap, row - starts[seq]!)
  }
  return {
    /** Takes the digests of the ids of the next chunk's accepted rows. */
    addChunk: (idDigests: Buffer): void => {
      for (let at = 0; at < idDigests.byteLength; at += DIGEST_BYTES) {
        const before = table.replace(idDigests, at, next)
        next += 1
        if (before >= 0) leaveOut(before)
      }
      starts.push(next)
    },
    duplicates: () => duplicates,
    /** The bitmaps, each as long as its chunk has rows. */
    leftOut: (): Map<number, Buffer> =>
      new Map(
        [...leftOut].map(([seq, bitmap]) => {
          const rows = (starts[seq + 1] ?? next) - starts[seq]!
          return [seq, bitmap.subarray(0, Math.ceil(rows / 8))]
        }),
      ),
    liveChunks: (): number => {
      let live = 0
      for (let seq = 0; seq < starts.length; seq += 1) {
        const rows = (starts[seq + 1] ?? next) - starts[seq]!
        const bitmap = leftOut.get(seq)
        let row = 0
        while (row < rows && bitmap !== undefined && hasBit(bitmap, row)) row += 1
        if (row < rows) live += 1
      }
      return live
    },
  }
}

export const createChunkBuilder = (deps: {
  width: number
  batchRows: number
  digests: RowDigests
}): ChunkBuilder => {
  const { width, batchRows, digests } = deps
  const replaced = createReplacedRows(batchRows)
  const closed: NewChunk[] = []
  let seq = 0
  let current: OpenChunk | null = null

  const at = (line: number): OpenChunk => {
    current ??= openChunk(seq, width, line)
    current.lastLine = line
    return current
  }
  const close = (): void => {
    if (current === null) return
    const made = digests.take()
    replaced.addChunk(made.idDigests)
    closed.push(seal(current, made))
    current = null
    seq += 1
  }
  const closeIfFull = (chunk: OpenChunk): void => {
    if (isFull(chunk, batchRows)) close()
  }
  return {
    accept: (line, row) => {
      const chunk = at(line)
      addRow(chunk, line, row)
      digests.add(row)
      closeIfFull(chunk)
    },
    reject: (row) => {
      const chunk = at(row.line)
      chunk.rejected.push(row)
      for (const cell of row.cells) chunk.chars += cell.length
      closeIfFull(chunk)
    },
    blank: (line) => {
      at(line).blank += 1
    },
    takeClosed: () => closed.splice(0),
    close,
    duplicates: replaced.duplicates,
    leftOut: replaced.leftOut,
    liveChunks: replaced.liveChunks,
    chunks: () => seq,
  }
}
