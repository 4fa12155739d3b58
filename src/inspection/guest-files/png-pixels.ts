import { Readable } from 'node:stream'
import { constants, createInflate } from 'node:zlib'

/** How many values a pixel has, by the colour type (PNG, 11.2.2); the index is the type. */
const CHANNELS: readonly (number | null)[] = [1, null, 3, 1, 2, null, 4]
const DEPTHS = new Set([1, 2, 4, 8, 16])

/**
 * Where the seven passes of an interlaced picture begin, and how far apart their pixels are (PNG,
 * 8.2): x, y, step in x, step in y.
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
 * How many bytes the pixels of a picture take unpacked, with a filter byte before each row. null if
 * its header describes no such picture.
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

/** As much is unpacked at a time; nothing of it is kept. */
const PIECE_BYTES = 1024 * 1024

/**
 * Whether the pieces unpack to at least `wanted` bytes. It counts outside of the event loop, and
 * ends once there are enough.
 */
export const unpacksTo = async (pieces: readonly Buffer[], wanted: number): Promise<boolean> => {
  // Without the sum at the end a picture is as good as with it.
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
