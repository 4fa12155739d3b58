import { NO_BYTES } from './byte-decoder.ts'
import type { ByteDecoder } from './byte-decoder.ts'

const UNIT_BYTES = 2

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00
const isLowSurrogate = (unit: number): boolean => unit >= 0xdc00 && unit < 0xe000

/**
 * The index of the first surrogate that is not part of a pair. Call it only for text that is not
 * well formed, because other text has no such surrogate.
 */
const firstLoneHalf = (text: string): number => {
  let at = 0
  while (at < text.length) {
    const unit = text.charCodeAt(at)
    if (isLowSurrogate(unit)) return at
    if (!isHighSurrogate(unit)) at += 1
    else if (isLowSurrogate(text.charCodeAt(at + 1))) at += 2
    else return at
  }
  return at
}

/**
 * How many bytes at the end must wait for the next block: half a unit, the first half of a
 * surrogate pair, or both.
 */
const unfinishedBytes = (bytes: Buffer, order: 'le' | 'be'): number => {
  const odd = bytes.byteLength % UNIT_BYTES
  const last = bytes.byteLength - odd - UNIT_BYTES
  if (last < 0) return odd
  const unit = order === 'le' ? bytes.readUInt16LE(last) : bytes.readUInt16BE(last)
  return isHighSurrogate(unit) ? odd + UNIT_BYTES : odd
}

/**
 * Decodes UTF-16 in the given byte order (RFC 2781). Half a surrogate pair is not a character, and
 * neither is half a unit at the end of the file.
 */
export const createUtf16Decoder = (order: 'le' | 'be'): ByteDecoder => {
  let kept = NO_BYTES
  let given = 0
  let bad: number | null = null

  const decode = (bytes: Buffer): Buffer => {
    const units = order === 'le' ? bytes : Buffer.from(bytes).swap16()
    const text = units.toString('utf16le')
    if (text.isWellFormed()) {
      given += bytes.byteLength
      return Buffer.from(text)
    }
    const good = firstLoneHalf(text)
    bad = given + good * UNIT_BYTES
    return Buffer.from(text.slice(0, good))
  }
  return {
    push: (block) => {
      if (bad !== null) return NO_BYTES
      const bytes = kept.byteLength === 0 ? block : Buffer.concat([kept, block])
      const whole = bytes.byteLength - unfinishedBytes(bytes, order)
      kept = Buffer.from(bytes.subarray(whole))
      return decode(bytes.subarray(0, whole))
    },
    end: () => {
      if (bad === null && kept.byteLength > 0) bad = given
      return NO_BYTES
    },
    badAt: () => bad,
  }
}
