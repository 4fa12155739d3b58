import { crc32, deflateSync } from 'node:zlib'

const u32be = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value >>> 0)
  return bytes
}

export const pngChunk = (type: string, data: Buffer | string): Buffer => {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), Buffer.from(data)])
  return Buffer.concat([u32be(body.length - 4), body, u32be(crc32(body))])
}

/**
 * A grey PNG whose header has this `width` and `height`. For more than 100 megapixels it has only
 * few pixels, because nothing unpacks it.
 */
export const pngOf = ({
  width = 8,
  height = 8,
  extra = [],
  pixelBytes = width * height > 100_000_000 ? 4096 : (width + 1) * height,
}: { width?: number; height?: number; extra?: Buffer[]; pixelBytes?: number } = {}): Buffer =>
  Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    pngChunk('IHDR', Buffer.concat([u32be(width), u32be(height), Buffer.from([8, 0, 0, 0, 0])])),
    ...extra,
    pngChunk('IDAT', deflateSync(Buffer.alloc(pixelBytes))),
    pngChunk('IEND', ''),
  ])

export const jpegSegment = (marker: number, data: Buffer | string): Buffer => {
  const body = Buffer.from(data)
  const head = Buffer.from([0xff, marker, 0, 0])
  head.writeUInt16BE(body.length + 2, 2)
  return Buffer.concat([head, body])
}

const SCAN = Buffer.from('0c03010002110311003f00', 'hex').subarray(1)

/** A file with the structure of a JPEG. Nothing decodes it. */
export const jpegOf = ({
  width = 640,
  height = 480,
  frame = 0xc0,
  scans = 1,
  extra = [],
  afterScans = [],
}: {
  width?: number
  height?: number
  frame?: number
  scans?: number
  extra?: Buffer[]
  afterScans?: Buffer[]
} = {}): Buffer => {
  const size = Buffer.alloc(4)
  size.writeUInt16BE(height, 0)
  size.writeUInt16BE(width, 2)
  const coded = Buffer.from([0x12, 0xff, 0x00, 0x34, 0xff, 0xd0, 0x56, 0x78, 0xff, 0xd7, 0x9a])
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    jpegSegment(0xe0, 'JFIF\0\x01\x01\0\0\x01\0\x01\0\0'),
    ...extra,
    jpegSegment(0xdb, Buffer.alloc(65, 1)),
    jpegSegment(frame, Buffer.concat([Buffer.from([8]), size, Buffer.from([1, 1, 0x11, 0])])),
    jpegSegment(0xc4, Buffer.alloc(20, 1)),
    ...Array.from({ length: scans }, () => Buffer.concat([jpegSegment(0xda, SCAN), coded])),
    ...afterScans,
    Buffer.from([0xff, 0xd9]),
  ])
}

export const gifOf = ({
  width = 16,
  height = 16,
  frames = 1,
  extra = [],
}: { width?: number; height?: number; frames?: number; extra?: Buffer[] } = {}): Buffer => {
  const size = Buffer.alloc(4)
  size.writeUInt16LE(width, 0)
  size.writeUInt16LE(height, 2)
  const frame = Buffer.concat([
    Buffer.from([0x21, 0xf9, 4, 0, 10, 0, 0, 0, 0x2c, 0, 0, 0, 0]),
    size,
    Buffer.from([0, 2, 2, 0x4c, 0x01, 0]),
  ])
  return Buffer.concat([
    Buffer.from('GIF89a'),
    size,
    Buffer.from([0x80, 0, 0, 0, 0, 0, 255, 255, 255]),
    ...extra,
    ...Array.from({ length: frames }, () => frame),
    Buffer.from([0x3b]),
  ])
}

/** An animated PNG. All of its pictures have this size in their headers. */
export const apngOf = (width: number, height: number, frames: number): Buffer => {
  const frame = Buffer.alloc(26)
  frame.writeUInt32BE(width, 4)
  frame.writeUInt32BE(height, 8)
  const extra = [
    pngChunk('acTL', Buffer.concat([u32be(frames), u32be(0)])),
    ...Array.from({ length: frames }, () => pngChunk('fcTL', frame)),
  ]
  return pngOf({ width, height, extra })
}

const webpChunk = (type: string, data: Buffer): Buffer => {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(data.length)
  return Buffer.concat([Buffer.from(type), length, data, Buffer.alloc(data.length % 2)])
}

const webp = (...chunks: Buffer[]): Buffer => {
  const body = Buffer.concat([Buffer.from('WEBP'), ...chunks])
  const length = Buffer.alloc(4)
  length.writeUInt32LE(body.length)
  return Buffer.concat([Buffer.from('RIFF'), length, body])
}

const lossless = (width: number, height: number): Buffer => {
  const data = Buffer.alloc(12)
  data[0] = 0x2f
  data.writeUInt32LE(((width - 1) | ((height - 1) << 14)) >>> 0, 1)
  return webpChunk('VP8L', data)
}

const canvas = (width: number, height: number, flags: number): Buffer => {
  const data = Buffer.alloc(10)
  data[0] = flags
  data.writeUIntLE(width - 1, 4, 3)
  data.writeUIntLE(height - 1, 7, 3)
  return webpChunk('VP8X', data)
}

export const webpLossless = (width = 32, height = 32): Buffer => webp(lossless(width, height))

export const webpLossy = (width = 32, height = 32): Buffer => {
  const data = Buffer.from('5000009d012a0000000000000000', 'hex')
  data.writeUInt16LE(width, 6)
  data.writeUInt16LE(height, 8)
  return webp(webpChunk('VP8 ', data))
}

export const webpExtended = (width = 32, height = 32): Buffer =>
  webp(canvas(width, height, 8), lossless(32, 32), webpChunk('EXIF', Buffer.from('II*\0')))

/** `inside`: the size that the picture in each part of the animation has in its own header. */
export const webpAnimated = (
  width = 32,
  height = 32,
  frames = 2,
  inside: readonly [number, number] = [32, 32],
): Buffer => {
  const head = Buffer.alloc(16)
  head.writeUIntLE(width - 1, 6, 3)
  head.writeUIntLE(height - 1, 9, 3)
  const frame = webpChunk('ANMF', Buffer.concat([head, lossless(...inside)]))
  return webp(
    canvas(width, height, 2),
    webpChunk('ANIM', Buffer.alloc(6)),
    ...Array.from({ length: frames }, () => frame),
  )
}
