import { isAscii, isUtf8 } from 'node:buffer'

import { FileRefused } from './contract.ts'

/**
 * The body's blocks, cut anywhere, as blocks of whole characters that are known to be UTF-8. A byte order mark at the start is dropped; a
 * byte that is not UTF-8 refuses the file. What comes out is only valid until the next call. A reader of another encoding would stand here.
 */
export type Utf8Blocks = { push(block: Uint8Array): Buffer; end(): Buffer }

const BYTE_ORDER_MARK = Buffer.from('\u{feff}')
const LONGEST_CHARACTER = 4

/** How many bytes at the end may be the start of a character that the next block completes. */
const unfinishedBytes = (bytes: Buffer): number => {
  const most = Math.min(LONGEST_CHARACTER - 1, bytes.byteLength)
  for (let back = 1; back <= most; back += 1) {
    const byte = bytes[bytes.byteLength - back]!
    if (byte < 0x80) return 0
    if (byte < 0xc0) continue
    const size = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4
    return size > back ? back : 0
  }
  return 0
}

/** What the file's first bytes say that it is instead of text in UTF-8. */
const lookOf = (first: Buffer): string => {
  const is = (...marks: number[]): boolean => marks.every((mark, at) => first[at] === mark)
  if (is(0x1f, 0x8b)) return 'It looks compressed (gzip). Send it not compressed.'
  if (is(0x50, 0x4b, 3, 4)) {
    return 'It looks like a ZIP archive or an Excel workbook. Export it as CSV in UTF-8.'
  }
  if (is(0xff, 0xfe) || is(0xfe, 0xff)) return 'It looks like UTF-16. Save it as UTF-8.'
  return 'Save it as UTF-8 and send it again.'
}

export const createUtf8Blocks = (): Utf8Blocks => {
  let kept = Buffer.alloc(0)
  let started = false
  let first: Buffer = Buffer.alloc(0)

  const take = (bytes: Buffer): Buffer => {
    if (!isUtf8(bytes)) {
      const detail = `The file holds bytes that are not UTF-8. ${lookOf(first)}`
      throw new FileRefused('encoding-invalid', detail)
    }
    if (started || bytes.byteLength === 0) return bytes
    started = true
    const marked = bytes.subarray(0, BYTE_ORDER_MARK.byteLength).equals(BYTE_ORDER_MARK)
    return marked ? bytes.subarray(BYTE_ORDER_MARK.byteLength) : bytes
  }
  return {
    push: (block) => {
      const view = Buffer.from(block.buffer, block.byteOffset, block.byteLength)
      const bytes = kept.byteLength === 0 ? view : Buffer.concat([kept, view])
      if (!started) first = Buffer.from(bytes.subarray(0, 4))
      const whole = bytes.byteLength - unfinishedBytes(bytes)
      kept = Buffer.from(bytes.subarray(whole))
      return take(bytes.subarray(0, whole))
    },
    end: () => take(kept),
  }
}

/** The text of bytes that are known to be whole characters of UTF-8. */
export const textOf = (bytes: Buffer): string =>
  isAscii(bytes) ? bytes.toString('latin1') : bytes.toString()
