import { isAscii } from 'node:buffer'

import { NO_BYTES } from './byte-decoder.ts'
import type { ByteDecoder } from './byte-decoder.ts'
import { createWesternDoubt } from './western-doubt.ts'

const FIRST_HIGH = 0x80
const CONTROLS_END = 0xa0

/**
 * The characters of windows-1252 for the bytes 0x80 to 0x9f, where ISO 8859-1 has control
 * characters. 0: no character. Source: Unicode's CP1252.TXT.
 */
const WINDOWS_1252 = [
  0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152,
  0, 0x017d, 0, 0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161,
  0x203a, 0x0153, 0, 0x017e, 0x0178,
]

/**
 * Whether windows-1252 and ISO 8859-1 read the byte differently. ISO 8859-1 reads such a byte as a
 * control character. Windows-1252 reads it as a printable character, or has no character for it.
 */
export const isBetweenEncodings = (byte: number): boolean =>
  byte >= FIRST_HIGH && byte < CONTROLS_END

/** Whether windows-1252 has no character for the byte. */
export const hasNoCharacter = (byte: number): boolean =>
  isBetweenEncodings(byte) && WINDOWS_1252[byte - FIRST_HIGH] === 0

const codePointOf = (byte: number, encoding: 'windows-1252' | 'iso-8859-1'): number =>
  encoding === 'windows-1252' && isBetweenEncodings(byte) ? WINDOWS_1252[byte - FIRST_HIGH]! : byte

const writeCharacter = (codePoint: number, to: Buffer, at: number): number => {
  if (codePoint < 0x800) {
    to[at] = 0xc0 | (codePoint >> 6)
    to[at + 1] = 0x80 | (codePoint & 0x3f)
    return at + 2
  }
  to[at] = 0xe0 | (codePoint >> 12)
  to[at + 1] = 0x80 | ((codePoint >> 6) & 0x3f)
  to[at + 2] = 0x80 | (codePoint & 0x3f)
  return at + 3
}

const BYTES_PER_CHARACTER = 3

/**
 * Decodes windows-1252 or ISO 8859-1 with a table in this file. Node's TextDecoder is not suitable:
 * it uses windows-1252 for both names, and converts bytes without a character to control
 * characters. Here, a byte without a character is an error.
 */
export const createSingleByteDecoder = (
  encoding: 'windows-1252' | 'iso-8859-1',
): ByteDecoder & {
  /** Whether the input so far has a byte that the two encodings read differently. */
  tellsApart(): boolean
  /** Whether the input looks like text in another encoding. */
  isDoubtful(): boolean
} => {
  let room = NO_BYTES
  let given = 0
  let bad: number | null = null
  let apart = false
  const doubt = createWesternDoubt()

  /**
   * Writes the bytes as UTF-8 into `room` and returns the end of the text. Stops at the first byte
   * without a character.
   */
  const write = (bytes: Buffer): number => {
    let end = 0
    for (let at = 0; at < bytes.byteLength; at += 1) {
      const byte = bytes[at]!
      if (byte < FIRST_HIGH) {
        room[end++] = byte
        continue
      }
      if (byte < CONTROLS_END) apart = true
      const codePoint = codePointOf(byte, encoding)
      if (codePoint === 0) {
        bad = given + at
        return end
      }
      end = writeCharacter(codePoint, room, end)
    }
    return end
  }
  return {
    push: (block) => {
      if (bad !== null) return NO_BYTES
      if (isAscii(block)) {
        given += block.byteLength
        return block
      }
      doubt.add(block)
      const most = block.byteLength * BYTES_PER_CHARACTER
      if (room.byteLength < most) room = Buffer.allocUnsafeSlow(most)
      const end = write(block)
      given += block.byteLength
      return room.subarray(0, end)
    },
    end: () => NO_BYTES,
    badAt: () => bad,
    tellsApart: () => apart,
    isDoubtful: doubt.isDoubtful,
  }
}
