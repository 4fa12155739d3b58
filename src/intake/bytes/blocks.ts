import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'

import { FileRefused } from '../contract.ts'

/**
 * How many bytes are parsed before other requests get a turn. Parsing this many bytes takes some
 * milliseconds.
 */
const BLOCK_BYTES = 65_536

export type BodyMeter = { bytes: number; sha256(): string }

/**
 * Repacks the pieces into blocks of equal size (the last may be smaller), so that a body in tiny
 * pieces costs no more than a body in large pieces. After each block the event loop gets a turn, so
 * that other requests continue. `look` is called with each piece before that piece is repacked.
 * Each block overwrites the previous block, so use a block before you request the next one.
 */
export const evenBlocks = async function* (
  pieces: AsyncIterable<Uint8Array>,
  look: (piece: Uint8Array) => void,
  blockBytes = BLOCK_BYTES,
): AsyncGenerator<Uint8Array> {
  const block = Buffer.allocUnsafe(blockBytes)
  let filled = 0
  for await (const piece of pieces) {
    look(piece)
    for (let from = 0; from < piece.byteLength;) {
      const part = piece.subarray(from, from + blockBytes - filled)
      block.set(part, filled)
      filled += part.byteLength
      from += part.byteLength
      if (filled < blockBytes) continue
      yield block
      filled = 0
      await nextTurn()
    }
  }
  if (filled > 0) yield block.subarray(0, filled)
}

/**
 * Returns the body in even blocks. Counts the bytes and computes their digest. Throws
 * `upload-too-large` past `maxBytes`.
 */
export const createBlocks = (
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
  blockBytes = BLOCK_BYTES,
): { blocks: AsyncIterable<Uint8Array>; meter: BodyMeter } => {
  const hasher = createHash('sha256')
  const meter: BodyMeter = { bytes: 0, sha256: () => hasher.digest('hex') }
  const look = (piece: Uint8Array): void => {
    meter.bytes += piece.byteLength
    if (meter.bytes > maxBytes) {
      throw new FileRefused('upload-too-large', `The file has more than ${maxBytes} bytes.`, {
        maxBytes,
      })
    }
    hasher.update(piece)
  }
  return { blocks: evenBlocks(body, look, blockBytes), meter }
}
