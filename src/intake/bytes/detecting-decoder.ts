import { isAscii, isUtf8 } from 'node:buffer'

import type { TextEncoding } from '../../domain/uploads/text-encoding.ts'
import { NO_BYTES } from './byte-decoder.ts'
import type { ByteDecoder } from './byte-decoder.ts'
import { looksWestern } from './detect-encoding.ts'
import { createSingleByteDecoder } from './single-byte.ts'
import { createUtf8Decoder, unfinishedBytes } from './utf8.ts'

type Choice = { decoder: ByteDecoder; encoding: () => TextEncoding }

const chooseUtf8 = (): Choice => ({ decoder: createUtf8Decoder(), encoding: () => 'utf-8' })

/** Read as windows-1252, which for text includes ISO 8859-1. Named by the bytes that came. */
const chooseWestern = (): Choice => {
  const decoder = createSingleByteDecoder('windows-1252')
  return { decoder, encoding: () => (decoder.tellsApart() ? 'windows-1252' : 'iso-8859-1') }
}

/**
 * UTF-8 unless the bytes say otherwise. If they are neither UTF-8 nor western text, the choice is
 * UTF-8, which then finds the fault.
 */
const choose = (bytes: Buffer): Choice =>
  isUtf8(bytes.subarray(0, bytes.byteLength - unfinishedBytes(bytes))) || !looksWestern(bytes)
    ? chooseUtf8()
    : chooseWestern()

/**
 * UTF-8, windows-1252 or ISO 8859-1, decided by the first block that has more than ASCII. Until
 * there all three are the same, so the decision may come late, and nothing has to be taken back.
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
        // One character cut off at the very end tells nothing of the file's encoding: refused as
        // UTF-8.
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
