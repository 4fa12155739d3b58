import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'

import { FileRefused } from './contract.ts'

/** Work between two turns of the event loop: some milliseconds of parsing. */
const BLOCK_BYTES = 65_536

export type BodyMeter = { bytes: number; sha256(): string }

/**
 * The body in blocks of even size, whatever the pieces it arrives in, so that tiny pieces cost no more than large ones. Counts and digests
 * the bytes, refuses past `maxBytes`, and lets the event loop turn after each block. A block is only valid until the next one is asked for.
 */
export const createBlocks = (
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
  blockBytes = BLOCK_BYTES,
): { blocks: AsyncIterable<Uint8Array>; meter: BodyMeter } => {
  const hasher = createHash('sha256')
  const meter: BodyMeter = { bytes: 0, sha256: () => hasher.digest('hex') }
  const block = Buffer.allocUnsafe(blockBytes)
  const read = async function* (): AsyncGenerator<Uint8Array> {
    let filled = 0
    for await (const piece of body) {
      meter.bytes += piece.byteLength
      if (meter.bytes > maxBytes) {
        throw new FileRefused('upload-too-large', `The file is over ${maxBytes} bytes.`, {
          maxBytes,
        })
      }
      hasher.update(piece)
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
  return { blocks: read(), meter }
}
