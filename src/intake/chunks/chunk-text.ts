import { DIGEST_SLACK_BYTES } from '../../lib/keyed-digest.ts'

/**
 * The text of the chunk that is being filled. The next row is written from `used` on. `used` moves
 * only when that row is accepted, so the next row overwrites the text of a rejected row.
 */
export type ChunkText = { bytes: Buffer; view: DataView; used: number }

/**
 * How many bytes after a text may be read or overwritten. Digests read whole blocks, and cells are
 * copied four bytes at a time, so both may reach beyond the end of a cell.
 */
export const SLACK_BYTES = DIGEST_SLACK_BYTES

const SMALLEST_BYTES = 4096

const grow = (text: ChunkText, bytes: number): void => {
  const larger = Buffer.allocUnsafeSlow(bytes)
  larger.set(text.bytes.subarray(0, text.used))
  text.bytes = larger
  text.view = new DataView(larger.buffer, larger.byteOffset, larger.byteLength)
}

/**
 * Allocates a little more than the previous chunk needed, so that most chunks are allocated once
 * and waste little memory.
 */
export const createChunkText = (lastBytes: number): ChunkText => {
  const text = { bytes: Buffer.alloc(0), view: new DataView(new ArrayBuffer(0)), used: 0 }
  grow(text, Math.max(SMALLEST_BYTES, lastBytes + (lastBytes >> 4)))
  return text
}

/** Makes room for `rowBytes` bytes after `used`. */
export const makeRoom = (text: ChunkText, rowBytes: number): void => {
  const needed = text.used + rowBytes + SLACK_BYTES
  if (needed > text.bytes.byteLength) grow(text, Math.max(needed, text.bytes.byteLength * 2))
}

/**
 * Copies `from[start, end)` four bytes at a time and returns where the copy ends. The copy
 * overwrites up to three bytes after that end with arbitrary bytes.
 */
export const copyBytes = (
  from: DataView,
  start: number,
  end: number,
  to: DataView,
  at: number,
): number => {
  for (let offset = 0; offset < end - start; offset += 4) {
    to.setInt32(at + offset, from.getInt32(start + offset, true), true)
  }
  return at + end - start
}
