import { isAscii } from 'node:buffer'

import { FileRefused } from './contract.ts'

/** Bytes → text, cut anywhere. A byte order mark at the start is dropped; a byte that is not UTF-8 refuses the file. */
export type Utf8Decoder = { push(block: Uint8Array): string; end(): string }

const BYTE_ORDER_MARK = '\u{feff}'
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

export const createUtf8Decoder = (): Utf8Decoder => {
  // Whole characters at once, not `stream`: that way of the decoder is slow, and its text takes two bytes a letter.
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  let kept = Buffer.alloc(0)
  let started = false
  let first: Buffer = Buffer.alloc(0)

  /** What the file's first bytes say that it is instead of text in UTF-8. */
  const lookOf = (): string => {
    const is = (...marks: number[]): boolean => marks.every((mark, at) => first[at] === mark)
    if (is(0x1f, 0x8b)) return 'It looks compressed (gzip). Send it not compressed.'
    if (is(0x50, 0x4b, 3, 4)) {
      return 'It looks like a ZIP archive or an Excel workbook. Export it as CSV in UTF-8.'
    }
    if (is(0xff, 0xfe) || is(0xfe, 0xff)) return 'It looks like UTF-16. Save it as UTF-8.'
    return 'Save it as UTF-8 and send it again.'
  }
  const decode = (bytes: Buffer): string => {
    if (isAscii(bytes)) return bytes.toString('latin1')
    try {
      return decoder.decode(bytes)
    } catch (error) {
      if (!(error instanceof TypeError)) throw error
      throw new FileRefused(
        'encoding-invalid',
        `The file holds bytes that are not UTF-8. ${lookOf()}`,
      )
    }
  }
  const take = (bytes: Buffer): string => {
    const text = decode(bytes)
    if (started || text === '') return text
    started = true
    return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text
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
