import type { NewChunk } from '../../../domain/uploads/chunk.ts'

/** Small chunks are written together: so many rows or bytes an insert, whichever comes first. */
const ROWS_PER_INSERT = 5_000
const BYTES_PER_INSERT = 4_000_000

export type ChunkWriter = {
  /**
   * Returns immediately while at most one insert is under way; else waits for it: memory stays at
   * two inserts' worth.
   */
  write(chunk: NewChunk): Promise<void>
  /** Writes the rest. Resolves when everything is stored. */
  flush(): Promise<void>
  /** Resolves when no insert is under way, whatever became of it. */
  settled(): Promise<void>
}

/**
 * Stores chunks while the next ones are being read. An insert's failure is thrown by the next call.
 */
export const createChunkWriter = (
  append: (chunks: readonly NewChunk[]) => Promise<void>,
): ChunkWriter => {
  let waiting: NewChunk[] = []
  let rows = 0
  let bytes = 0
  let underWay: Promise<void> = Promise.resolve()

  const insert = async (): Promise<void> => {
    await underWay
    const batch = waiting
    waiting = []
    rows = 0
    bytes = 0
    underWay = append(batch)
    // The failure is thrown where the insert is awaited.
    underWay.catch(() => undefined)
  }

  return {
    write: async (chunk) => {
      waiting.push(chunk)
      rows += chunk.lines.length + chunk.rejected.length
      bytes += chunk.text.byteLength
      for (const row of chunk.rejected) for (const cell of row.cells) bytes += cell.length
      if (rows >= ROWS_PER_INSERT || bytes >= BYTES_PER_INSERT) await insert()
    },
    flush: async () => {
      if (waiting.length > 0) await insert()
      await underWay
    },
    settled: async () => {
      await underWay.catch(() => undefined)
    },
  }
}
