import { isAscii, isUtf8 } from 'node:buffer'

import type { TextEncoding } from '../../domain/uploads/text-encoding.ts'
import { NO_BYTES } from './byte-decoder.ts'
import type { ByteDecoder } from './byte-decoder.ts'
import { looksWestern } from './detect-encoding.ts'
import { createSingleByteDecoder } from './single-byte.ts'
import { createUtf8Decoder, unfinishedBytes } from './utf8.ts'

type Choice = { decoder: ByteDecoder; encoding: () => TextEncoding }

const chooseUtf8 = (): Choice => ({ decoder: createUtf8Decoder(), encoding: () => 'utf-8' })

/**
 * Decodes as windows-1252, which has all printable characters of ISO 8859-1 and some more. The
 * encoding is reported as windows-1252 only if the text has one of the additional characters.
 * Otherwise, it is reported as ISO 8859-1.
 */
const chooseWestern = (): Choice => {
  const decoder = createSingleByteDecoder('windows-1252')
  return { decoder, encoding: () => (decoder.tellsApart() ? 'windows-1252' : 'iso-8859-1') }
}

/**
 * Chooses UTF-8 or western text for the first bytes beyond ASCII. If the bytes are neither, the
 * UTF-8 decoder is chosen, which then reports the first bad byte.
 */
const choose = (bytes: Buffer): Choice =>
  isUtf8(bytes.subarray(0, bytes.byteLength - unfinishedBytes(bytes))) || !looksWestern(bytes)
    ? chooseUtf8()
    : chooseWestern()

/**
 * Chooses between UTF-8 and western text (windows-1252 or ISO 8859-1) at the first block with a
 * character beyond ASCII. The text before that character is the same in all three encodings, so the
 * text that was already returned is correct.
 */
export const createDetectingDecoder = (): ByteDecoder & { encoding(): TextEncoding } => {
  let choice: Choice | null = null
  let kept = NO_BYTES
  let passed = 0

  return {
    push: (block) => {
      if (choice !== null) return choice.decoder.push(block)
      const bytes = kept.byteLength === 0 ? block : Buffer.concat([kept, block])
      const whole = bytes.subarray(0, bytes.byteLength - unfinishedBytes(bytes))
      if (!isAscii(whole)) {
        choice = choose(bytes)
        return choice.decoder.push(bytes)
      }
      kept = Buffer.from(bytes.subarray(whole.byteLength))
      passed += whole.byteLength
      return whole
    },
    end: () => {
      if (choice === null && kept.byteLength > 0) {
        // A single unfinished character at the end of an ASCII file does not show the encoding of
        // the file. The UTF-8 decoder refuses it.
        choice = chooseUtf8()
        choice.decoder.push(kept)
      }
      return choice === null ? NO_BYTES : choice.decoder.end()
    },
    badAt: () => {
      const at = choice?.decoder.badAt() ?? null
      return at === null ? null : passed + at
    },
    isDoubtful: () => choice?.decoder.isDoubtful?.() ?? false,
    encoding: () => (choice === null ? 'utf-8' : choice.encoding()),
  }
}
