import assert from 'node:assert/strict'
import { createDecipheriv, createHmac } from 'node:crypto'
import { describe, it } from 'node:test'

import fc from 'fast-check'

import { keyedDigest } from '../../src/lib/keyed-digest.ts'
import { createTextSeal } from '../../src/lib/text-seal.ts'

const KEY = Buffer.alloc(32, 7)
const text = fc.oneof(
  { weight: 5, arbitrary: fc.string({ unit: 'grapheme', maxLength: 40 }) },
  { weight: 1, arbitrary: fc.nat(400).map((size) => 'é'.repeat(size)) },
)
const texts = fc.array(text, { maxLength: 60 })

/** Each sealed text with its digest. */
const pieces = (seal: ReturnType<typeof createTextSeal>, given: readonly string[]) => {
  const { digests, sealed, ends } = seal.seal(given)
  return ends.map((end, index) => ({
    digest: digests.subarray(index * 16, index * 16 + 16),
    sealed: sealed.subarray(index === 0 ? 0 : ends[index - 1], end),
  }))
}

describe('texts sealed together', () => {
  it('come back whole, whatever their lengths, and take no more bytes than they have', () => {
    const seal = createTextSeal(KEY, 'id')
    fc.assert(
      fc.property(texts, (given) => {
        const made = pieces(seal, given)
        const opened = made.map(({ digest, sealed }) => seal.open(digest, sealed))
        assert.deepEqual(opened, given)
        for (const [index, { sealed }] of made.entries()) {
          assert.equal(sealed.length, Buffer.byteLength(given[index]!))
        }
      }),
    )
  })

  it('are found by the digest that a row keeps of the same text', () => {
    const seal = createTextSeal(KEY, 'id')
    fc.assert(
      fc.property(texts, (given) => {
        const expected = Buffer.concat(given.map((each) => keyedDigest(KEY, each)))
        assert.deepEqual(seal.digests(given), expected)
        assert.deepEqual(seal.seal(given).digests, expected)
      }),
    )
  })

  it('are AES-256-CTR from the digest on, by Node’s own cipher', () => {
    const seal = createTextSeal(KEY, 'id')
    const key = createHmac('sha256', KEY).update('sealed id').digest()
    fc.assert(
      fc.property(texts, (given) => {
        for (const [index, { digest, sealed }] of pieces(seal, given).entries()) {
          const counter = Buffer.from(digest)
          counter[8]! &= 0x7f
          counter[12]! &= 0x7f
          const plain = createDecipheriv('aes-256-ctr', key, counter).update(sealed)
          assert.equal(plain.toString(), given[index])
        }
      }),
    )
  })

  it('do not open when a bit was changed, under another key or for another purpose', () => {
    const seal = createTextSeal(KEY, 'id')
    const [{ digest, sealed }] = pieces(seal, ['ann@example.com']) as [
      { digest: Buffer; sealed: Buffer },
    ]
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const changed = Buffer.from(sealed)
      changed[bit >> 3]! ^= 1 << (bit & 7)
      assert.throws(() => seal.open(digest, changed), /changed/)
    }
    const others = [createTextSeal(Buffer.alloc(32, 8), 'id'), createTextSeal(KEY, 'name')]
    for (const other of others) assert.throws(() => other.open(digest, sealed), /changed/)
  })

  it('hold nothing of the text in the clear', () => {
    const { digests, sealed } = createTextSeal(KEY, 'id').seal(['ann@example.com', 'C-1001'])
    const stored = Buffer.concat([digests, sealed])
    for (const part of ['ann', 'example', 'C-10']) assert.equal(stored.includes(part), false)
  })
})
