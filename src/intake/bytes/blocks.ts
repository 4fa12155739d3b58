import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'

import { FileRefused } from '../contract.ts'

/** Work between two turns of the event loop: some milliseconds of parsing. */
const BLOCK_BYTES = 65_536

export type BodyMeter = { bytes: number; sha256(): string }

/**
 * The pieces as blocks of even size, so that tiny pieces cost no more than large ones. Lets the
 * event loop turn after each block. `look` sees each piece first. A block is valid only until the
 * next one is requested.
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

/** The body in even blocks, with its bytes counted and digested. Refuses more than `maxBytes`. */
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
      throw new FileRefused('upload-too-large', `The file is over ${maxBytes} bytes.`, { maxBytes })
    }
    hasher.update(piece)
  }
  return { blocks: evenBlocks(body, look, blockBytes), meter }
}
