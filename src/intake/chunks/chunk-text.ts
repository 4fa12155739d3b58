import { DIGEST_SLACK_BYTES } from '../../lib/keyed-digest.ts'

/**
 * The text of the chunk being filled. Rows are written after `used`, which moves when a row is
 * accepted.
 */
export type ChunkText = { bytes: Buffer; view: DataView; used: number }

/**
 * How many bytes after every text may be read or written, because cells are processed in whole
 * words.
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
 * Room of about the size that the last chunk had, so that most chunks are allocated once and hold
 * little air.
 */
export const createChunkText = (lastBytes: number): ChunkText => {
  const text = { bytes: Buffer.alloc(0), view: new DataView(new ArrayBuffer(0)), used: 0 }
  grow(text, Math.max(SMALLEST_BYTES, lastBytes + (lastBytes >> 4)))
  return text
}

/** Makes room for a row of this many bytes after `used`. */
export const makeRoom = (text: ChunkText, rowBytes: number): void => {
  const needed = text.used + rowBytes + SLACK_BYTES
  if (needed > text.bytes.byteLength) grow(text, Math.max(needed, text.bytes.byteLength * 2))
}

/**
 * Copies `from[start, end)` by whole words, so up to `SLACK_BYTES` of anything follow it. Returns
 * where the copy ends.
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
