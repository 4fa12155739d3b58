import { Readable } from 'node:stream'
import { constants, createInflate } from 'node:zlib'

/**
 * The number of values per pixel for each colour type (PNG, 11.2.2). null: there is no such type.
 */
const CHANNELS: readonly (number | null)[] = [1, null, 3, 1, 2, null, 4]
const DEPTHS = new Set([1, 2, 4, 8, 16])

/**
 * The seven passes of an interlaced picture (PNG, 8.2). Each pass has x and y of its first pixel,
 * and the steps in x and y to the next pixels.
 */
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const

const passBytes = (width: number, height: number, bitsPerPixel: number): number =>
  width === 0 ? 0 : height * (1 + Math.ceil((width * bitsPerPixel) / 8))

/**
 * The size of the unpacked pixels of a picture in bytes, including one filter byte for each row.
 * null: the header describes no possible picture.
 */
export const pngPixelBytes = (header: Buffer): number | null => {
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)]
  const [depth = 0, colour = 0, , , interlaced = 0] = header.subarray(8)
  const channels = CHANNELS[colour] ?? null
  if (channels === null || !DEPTHS.has(depth) || interlaced > 1) return null
  const bits = channels * depth
  if (interlaced === 0) return passBytes(width, height, bits)
  const passes = PASSES.map(([x, y, stepX, stepY]) => {
    const columns = Math.ceil(Math.max(0, width - x) / stepX)
    return passBytes(columns, Math.ceil(Math.max(0, height - y) / stepY), bits)
  })
  return passes.reduce((sum, bytes) => sum + bytes, 0)
}

/** How many bytes are unpacked at a time. They are counted and not kept. */
const PIECE_BYTES = 1024 * 1024

/**
 * Whether the pieces unpack to at least `wanted` bytes. Unpacks in a thread of Node, and stops when
 * there are enough bytes.
 */
export const unpacksTo = async (pieces: readonly Buffer[], wanted: number): Promise<boolean> => {
  // A missing checksum at the end is accepted, because viewers show such a picture too.
  const inflate = createInflate({ chunkSize: PIECE_BYTES, finishFlush: constants.Z_SYNC_FLUSH })
  let count = 0
  try {
    for await (const piece of Readable.from(pieces).pipe(inflate) as AsyncIterable<Buffer>) {
      count += piece.length
      if (count >= wanted) return true
    }
  } catch {
    return false
  }
  return false
}
