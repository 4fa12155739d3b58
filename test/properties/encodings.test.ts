import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import type { ByteDecoder } from '../../src/intake/bytes/byte-decoder.ts'
import { createDetectingDecoder } from '../../src/intake/bytes/detecting-decoder.ts'
import { createSingleByteDecoder } from '../../src/intake/bytes/single-byte.ts'
import { createUtf8Decoder } from '../../src/intake/bytes/utf8.ts'
import { createUtf16Decoder } from '../../src/intake/bytes/utf16.ts'

const places = fc.array(fc.nat(24), { maxLength: 12 })

/**
 * What a decoder makes of the bytes, split at these places, and where it found the first bad byte.
 */
const decode = (decoder: ByteDecoder, whole: Uint8Array, cuts: readonly number[]) => {
  const pieces: Buffer[] = []
  let from = 0
  for (const cut of [...cuts, whole.length].toSorted((a, b) => a - b)) {
    const to = Math.min(whole.length, Math.max(from, cut))
    pieces.push(Buffer.from(decoder.push(Buffer.from(whole.subarray(from, to)))))
    from = to
  }
  pieces.push(Buffer.from(decoder.end()))
  return { text: Buffer.concat(pieces).toString(), badAt: decoder.badAt() }
}

/** The text by Node's own decoder. null: it refuses the bytes. */
const byNode = (label: string, bytes: Uint8Array): string | null => {
  try {
    return new TextDecoder(label, { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return null
  }
}

const DECODERS = [
  ['utf-8', createUtf8Decoder],
  ['utf-16le', () => createUtf16Decoder('le')],
  ['utf-16be', () => createUtf16Decoder('be')],
] as const
const bytesFor = fc
  .oneof(
    fc.uint8Array({ maxLength: 24 }),
    fc.string({ unit: 'binary', maxLength: 24 }).map((text) => Buffer.from(text)),
    fc.string({ unit: 'binary', maxLength: 12 }).map((text) => Buffer.from(text, 'utf16le')),
    fc
      .string({ unit: 'binary', maxLength: 12 })
      .map((text) => Buffer.from(text, 'utf16le').swap16()),
    fc.array(fc.constantFrom(0x00, 0xd8, 0xdc, 0x41, 0xe2, 0x82, 0xac), { maxLength: 24 }),
  )
  .map((bytes) => Uint8Array.from(bytes))

describe('whatever the bytes and wherever they are cut', () => {
  for (const [label, create] of DECODERS) {
    it(`${label} gives the same text or fault, in pieces and in one piece`, () => {
      fc.assert(
        fc.property(bytesFor, places, (bytes, cuts) => {
          const { text, badAt } = decode(create(), bytes, cuts)
          const wanted = byNode(label, bytes)
          if (wanted !== null) assert.deepEqual({ text, badAt }, { text: wanted, badAt: null })
          else {
            assert.ok(badAt !== null)
            assert.equal(text, byNode(label, bytes.subarray(0, badAt)), 'all before is given')
          }
        }),
        { numRuns: 4000 },
      )
    })
  }

  it('what is detected does not depend on the cuts before it, and nothing is lost or changed', () => {
    const ascii = fc.string({ unit: 'grapheme-ascii', maxLength: 20 })
    const words = fc.constantFrom('José', 'Müller', '“q”', '€ 5', 'naïve', 'Zoë')
    fc.assert(
      fc.property(ascii, words, ascii, places, (before, word, after, cuts) => {
        const text = `${before}${word}\n${after}\n`
        const western = Buffer.from(
          [...text].map(
            (letter) => ({ '“': 0x93, '”': 0x94, '€': 0x80 })[letter] ?? letter.charCodeAt(0),
          ),
        )
        assert.equal(decode(createDetectingDecoder(), Buffer.from(text), cuts).text, text)
        // The encoding is decided on a whole block. Pieces of one letter each would not show the
        // neighbouring bytes.
        const decoder = createDetectingDecoder()
        assert.deepEqual(decode(decoder, western, []), { text, badAt: null })
        assert.equal(decoder.encoding(), /[“€]/.test(text) ? 'windows-1252' : 'iso-8859-1')
      }),
      { numRuns: 1000 },
    )
  })
})

describe('every byte alone', () => {
  it('is in ISO 8859-1 the character of its number, and in windows-1252 what the web says, or none', () => {
    // The five bytes without a character. The Encoding Standard maps them to controls, and
    // Unicode's table maps them to nothing.
    const undefinedBytes = [0x81, 0x8d, 0x8f, 0x90, 0x9d]
    const marks = '€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ'
    for (let byte = 0; byte < 256; byte += 1) {
      const one = Uint8Array.of(byte)
      const latin = decode(createSingleByteDecoder('iso-8859-1'), one, [])
      assert.deepEqual(latin, { text: String.fromCharCode(byte), badAt: null })
      const windows = decode(createSingleByteDecoder('windows-1252'), one, [])
      if (undefinedBytes.includes(byte)) assert.equal(windows.badAt, 0)
      else {
        const high = byte >= 0x80 && byte < 0xa0
        assert.equal(windows.text, high ? marks[byte - 0x80] : String.fromCharCode(byte))
      }
    }
  })
})
