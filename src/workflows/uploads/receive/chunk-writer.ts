import type { NewChunk } from '../../../domain/uploads/chunk.ts'

/**
 * Small chunks are written together. An insert begins at this many rows or bytes, whichever comes
 * first.
 */
const ROWS_PER_INSERT = 5_000
const BYTES_PER_INSERT = 4_000_000

export type ChunkWriter = {
  /**
   * Takes a chunk. Waits only if an insert must begin while another insert runs, so that memory
   * holds at most the chunks of two inserts.
   */
  write(chunk: NewChunk): Promise<void>
  /** Writes the chunks that still wait. Resolves when every chunk is stored. */
  flush(): Promise<void>
  /** Resolves when no insert runs, whether the last one succeeded or failed. */
  settled(): Promise<void>
}

/**
 * Stores chunks while the next ones are read. If an insert fails, the `write` that begins the next
 * insert throws the failure. If no other insert begins, `flush` throws it.
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
    // Only silences a rejection that nobody handles yet. The code that awaits the insert throws the
    // failure.
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
