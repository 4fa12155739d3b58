import { isAscii, isUtf8 } from 'node:buffer'

import { NO_BYTES } from './byte-decoder.ts'
import type { ByteDecoder } from './byte-decoder.ts'

const LONGEST_CHARACTER = 4

/** How many bytes at the end may be the start of a character that the next block completes. */
export const unfinishedBytes = (bytes: Buffer): number => {
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

/** How many bytes precede the first bad byte, in bytes that are not valid UTF-8. */
const goodBytes = (bytes: Buffer): number => {
  let good = 0
  let bad = bytes.byteLength
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    const part = bytes.subarray(0, middle)
    if (isUtf8(part.subarray(0, middle - unfinishedBytes(part)))) good = middle
    else bad = middle
  }
  return good - unfinishedBytes(bytes.subarray(0, good))
}

/**
 * Returns UTF-8 unchanged, up to the first bad byte. As RFC 3629 requires, overlong forms and
 * surrogates count as bad.
 */
export const createUtf8Decoder = (): ByteDecoder => {
  let kept = NO_BYTES
  let given = 0
  let bad: number | null = null

  const take = (bytes: Buffer): Buffer => {
    const good = isUtf8(bytes) ? bytes.byteLength : goodBytes(bytes)
    if (good < bytes.byteLength) bad = given + good
    given += good
    return bytes.subarray(0, good)
  }
  return {
    push: (block) => {
      if (bad !== null) return NO_BYTES
      const bytes = kept.byteLength === 0 ? block : Buffer.concat([kept, block])
      const whole = bytes.byteLength - unfinishedBytes(bytes)
      kept = Buffer.from(bytes.subarray(whole))
      return take(bytes.subarray(0, whole))
    },
    end: () => {
      if (bad === null && kept.byteLength > 0) bad = given
      return NO_BYTES
    },
    badAt: () => bad,
  }
}

/** Decodes bytes that are known to be valid UTF-8. */
export const textOf = (bytes: Buffer): string =>
  isAscii(bytes) ? bytes.toString('latin1') : bytes.toString()
