import { crc32 } from 'node:zlib'

import { pngPixelBytes } from './png-pixels.ts'

/** The sizes and the end of an image, read from its structure. */
export type ImageStructure = {
  /** The number of pixels of the largest picture, or of the canvas if that is larger. */
  largestPixels: number
  /**
   * The number of pixels of all pictures together. A viewer of an animation must unpack them all.
   */
  allPixels: number
  /** The position after the image. Bytes from here on do not belong to it. */
  endsAt: number
  /**
   * The compressed pixels. `wantedBytes`: the size that the pixels must have when unpacked. null:
   * the header describes no possible picture. Missing for formats whose pixels are not unpacked.
   */
  packed?: { wantedBytes: number | null; pieces: readonly Buffer[] }
}

const PNG_START_BYTES = 8

/** The number of pixels of one picture of an animated PNG, from the picture's control chunk. */
const framePixelsOf = (control: Buffer): number =>
  control.length === 26 ? control.readUInt32BE(4) * control.readUInt32BE(8) : 0

/**
 * Reads the structure of a PNG. null: the PNG is incomplete or damaged. The checksum of every chunk
 * is checked.
 */
export const pngStructure = (bytes: Buffer): ImageStructure | null => {
  let at = PNG_START_BYTES
  const header = bytes.subarray(16, 29)
  const pieces: Buffer[] = []
  // In an animation, each picture states its size. Pictures after the first are stored outside the
  // IDAT chunks.
  let framePixels = 0
  while (at + 12 <= bytes.length) {
    const length = bytes.readUInt32BE(at)
    const end = at + 12 + length
    if (end > bytes.length) return null
    const type = bytes.toString('latin1', at + 4, at + 8)
    if (bytes.readUInt32BE(end - 4) !== crc32(bytes.subarray(at + 4, end - 4))) return null
    if (at === PNG_START_BYTES && (type !== 'IHDR' || length !== 13)) return null
    if (type === 'IDAT') pieces.push(bytes.subarray(at + 8, end - 4))
    if (type === 'fcTL') framePixels += framePixelsOf(bytes.subarray(at + 8, end - 4))
    if (type === 'IEND') {
      const pixels = header.readUInt32BE(0) * header.readUInt32BE(4)
      const packed = { wantedBytes: pngPixelBytes(header), pieces }
      return pieces.length > 0 && pixels > 0
        ? { largestPixels: pixels, allPixels: Math.max(pixels, framePixels), endsAt: end, packed }
        : null
    }
    at = end
  }
  return null
}

const isFrameStart = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc

/**
 * The position of the next marker after coded data. A marker is FF and a second byte, which is not
 * 00, FF or the number of a restart marker. -1: there is none.
 */
const afterScan = (bytes: Buffer, from: number): number => {
  let at = bytes.indexOf(0xff, from)
  while (at >= 0 && at + 1 < bytes.length) {
    const next = bytes[at + 1]!
    if (next !== 0 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return at
    at = bytes.indexOf(0xff, at + 1)
  }
  return -1
}

/** The marker at `from`, after any fill bytes. null: there is no marker. */
const markerAt = (bytes: Buffer, from: number): { marker: number; at: number } | null => {
  let at = from
  if (bytes[at] !== 0xff) return null
  while (bytes[at + 1] === 0xff) at += 1
  const marker = bytes[at + 1]
  return marker === undefined ? null : { marker, at }
}

/**
 * Keeps the largest width and the largest height that any header states, because programs differ in
 * which header they use. A separate marker after the pixels (DNL) may also state the height.
 */
const noteSize = (size: { width: number; height: number }, marker: number, data: Buffer): void => {
  const isFrame = isFrameStart(marker) && data.length >= 6
  const isHeight = marker === 0xdc && data.length === 2
  if (!isFrame && !isHeight) return
  size.height = Math.max(size.height, data.readUInt16BE(isFrame ? 1 : 0))
  if (isFrame) size.width = Math.max(size.width, data.readUInt16BE(3))
}

/**
 * Reads the structure of a JPEG. null: the JPEG is incomplete or damaged. `endsAt` is the end of
 * the first picture. Phones write more pictures, films and notes after it.
 */
export const jpegStructure = (bytes: Buffer): ImageStructure | null => {
  const size = { width: 0, height: 0 }
  let hasScan = false
  for (let found = markerAt(bytes, 2); found !== null;) {
    const { marker, at } = found
    if (marker === 0xd9) {
      const pixels = size.width * size.height
      return hasScan && pixels > 0
        ? { largestPixels: pixels, allPixels: pixels, endsAt: at + 2 }
        : null
    }
    const length = at + 4 > bytes.length ? 0 : bytes.readUInt16BE(at + 2)
    const end = at + 2 + length
    if (length < 2 || end > bytes.length) return null
    noteSize(size, marker, bytes.subarray(at + 4, end))
    hasScan ||= marker === 0xda
    found = markerAt(bytes, marker === 0xda ? afterScan(bytes, end) : end)
  }
  return null
}

/** The position after a chain of blocks, each of at most 255 bytes. -1: the chain does not end. */
const afterBlocks = (bytes: Buffer, from: number): number => {
  let at = from
  while (at < bytes.length) {
    const length = bytes[at]!
    at += 1 + length
    if (length === 0) return at
  }
  return -1
}

const colourTableBytes = (flags: number): number => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0)

/** Reads the structure of a GIF. null: the GIF is incomplete or damaged. */
export const gifStructure = (bytes: Buffer): ImageStructure | null => {
  if (bytes.length < 14) return null
  const canvas = bytes.readUInt16LE(6) * bytes.readUInt16LE(8)
  let at = 13 + colourTableBytes(bytes[10]!)
  let [largest, all] = [0, 0]
  while (at >= 0 && at < bytes.length) {
    const kind = bytes[at]!
    if (kind === 0x3b) {
      return largest > 0
        ? { largestPixels: Math.max(canvas, largest), allPixels: all, endsAt: at + 1 }
        : null
    }
    if (kind === 0x21) at = afterBlocks(bytes, at + 2)
    else if (kind === 0x2c && at + 10 < bytes.length) {
      const pixels = bytes.readUInt16LE(at + 5) * bytes.readUInt16LE(at + 7)
      largest = Math.max(largest, pixels)
      all += pixels
      at = afterBlocks(bytes, at + 11 + colourTableBytes(bytes[at + 9]!))
    } else return null
  }
  return null
}

const webpPixels = (type: string, data: Buffer): number => {
  if (type === 'VP8 ' && data.length >= 10) {
    return (data.readUInt16LE(6) & 0x3fff) * (data.readUInt16LE(8) & 0x3fff)
  }
  if (type === 'VP8L' && data.length >= 5 && data[0] === 0x2f) {
    const bits = data.readUInt32LE(1)
    return ((bits & 0x3fff) + 1) * (((bits >>> 14) & 0x3fff) + 1)
  }
  if (type === 'VP8X' && data.length >= 10) {
    return (data.readUIntLE(4, 3) + 1) * (data.readUIntLE(7, 3) + 1)
  }
  if (type === 'ANMF' && data.length >= 16) {
    const said = (data.readUIntLE(6, 3) + 1) * (data.readUIntLE(9, 3) + 1)
    return Math.max(said, picturePixels(data.subarray(16)))
  }
  return 0
}

/**
 * The number of pixels of the picture in one part of an animation. The picture may state a larger
 * size than the part does.
 */
const picturePixels = (part: Buffer): number => {
  let [at, largest] = [0, 0]
  while (at + 8 <= part.length) {
    const type = part.toString('latin1', at, at + 4)
    const length = part.readUInt32LE(at + 4)
    if (type.startsWith('VP8')) {
      largest = Math.max(largest, webpPixels(type, part.subarray(at + 8, at + 8 + length)))
    }
    at += 8 + length + (length % 2)
  }
  return largest
}

/** Reads the structure of a WebP. null: the WebP is incomplete or damaged. */
export const webpStructure = (bytes: Buffer): ImageStructure | null => {
  if (bytes.length < 20) return null
  const end = bytes.readUInt32LE(4) + 8
  if (end > bytes.length) return null
  let [at, largest, all, hasPicture] = [12, 0, 0, false]
  while (at + 8 <= end) {
    const type = bytes.toString('latin1', at, at + 4)
    const length = bytes.readUInt32LE(at + 4)
    if (at + 8 + length > end) return null
    const pixels = webpPixels(type, bytes.subarray(at + 8, at + 8 + length))
    largest = Math.max(largest, pixels)
    if (type !== 'VP8X') all += pixels
    hasPicture ||= type !== 'VP8X' && pixels > 0
    at += 8 + length + (length % 2)
  }
  return hasPicture
    ? { largestPixels: largest, allPixels: all, endsAt: Math.min(end + (end % 2), bytes.length) }
    : null
}
