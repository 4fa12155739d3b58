import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'

import { createDigestBatch, DIGEST_BYTES } from './keyed-digest.ts'

/**
 * Texts in the form in which they are stored. For each text, there is a digest of 16 bytes and an
 * encrypted text. Equal texts have the same digest. The encrypted text has as many bytes as the
 * text in UTF-8.
 */
export type SealedTexts = {
  digests: Buffer
  /** All encrypted texts in one buffer. Text n ends at `ends[n]`. */
  sealed: Buffer
  ends: number[]
}

/**
 * Encrypts many short texts together so that equal texts have equal results. Use it for texts that
 * must be found by their value but not be stored unencrypted. The digest is the start value of the
 * encryption, and also verifies the text when it is opened (SIV, RFC 5297, with one CMAC as its
 * pseudo-random function). No nonce and no tag are needed.
 */
export type TextSeal = {
  /**
   * The digests of the texts, in order, 16 bytes each. With the same key, `createDigestBatch` makes
   * the same digests.
   */
  digests(texts: readonly string[]): Buffer
  seal(texts: readonly string[]): SealedTexts
  /**
   * Decrypts a text. Throws if the digest or the bytes were changed, or if the key is another one.
   */
  open(digest: Uint8Array, sealed: Uint8Array): string
}

/**
 * The first block of the counter: the digest with two bits cleared, as RFC 5297 requires. Counting
 * therefore never carries over into the next word.
 */
const firstCounter = (digest: Uint8Array): Buffer => {
  const counter = Buffer.from(digest)
  counter[8]! &= 0x7f
  counter[12]! &= 0x7f
  return counter
}

const WORDS = DIGEST_BYTES / 4

/**
 * Reverses the bytes of a word. Memory has the lowest byte first, and the counter has the highest
 * byte first.
 */
const swapped = (word: number): number =>
  (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)

const blocksOf = (bytes: number): number => Math.ceil(bytes / DIGEST_BYTES)

/**
 * The counter blocks of all texts. The blocks of each text begin with its `firstCounter`. One call
 * of the cipher makes the key streams of all texts.
 */
const counterBlocks = (digests: Buffer, ends: readonly number[]): Int32Array => {
  const words = new Int32Array(Uint8Array.from(digests).buffer)
  let blocks = 0
  for (const [index, end] of ends.entries()) blocks += blocksOf(end - (ends[index - 1] ?? 0))
  const counters = new Int32Array(blocks * WORDS)
  let to = 0
  for (const [index, end] of ends.entries()) {
    const at = index * WORDS
    const low = swapped(words[at + 3]!) & 0x7fffffff
    const count = blocksOf(end - (ends[index - 1] ?? 0))
    for (let block = 0; block < count; block += 1, to += WORDS) {
      counters[to] = words[at]!
      counters[to + 1] = words[at + 1]!
      counters[to + 2] = words[at + 2]! & ~0x80
      counters[to + 3] = swapped(low + block)
    }
  }
  return counters
}

const utf8Of = (texts: readonly string[]): { bytes: Buffer; ends: number[] } => {
  const bytes = Buffer.from(texts.join(''))
  let end = 0
  const ends = texts.map((text) => (end += Buffer.byteLength(text)))
  return { bytes, ends }
}

/**
 * `key`: the key of the digests, as in `createDigestBatch`. The encryption key is derived from
 * `key` for `purpose`.
 */
export const createTextSeal = (key: Uint8Array, purpose: string): TextSeal => {
  const batch = createDigestBatch(key)
  const sealingKey = createHmac('sha256', key).update(`sealed ${purpose}`).digest()
  const cipher = createCipheriv('aes-256-ecb', sealingKey, null).setAutoPadding(false)

  const digestsOf = (texts: readonly string[]): Buffer => {
    for (const text of texts) batch.add(text)
    return batch.take()
  }
  return {
    digests: digestsOf,
    seal: (texts) => {
      const digests = digestsOf(texts)
      const { bytes: sealed, ends } = utf8Of(texts)
      const counters = counterBlocks(digests, ends)
      const stream = cipher.update(new Uint8Array(counters.buffer))
      let from = 0
      let used = 0
      for (const end of ends) {
        const shift = used - from
        for (let at = from; at < end; at += 1) sealed[at]! ^= stream[at + shift]!
        used += blocksOf(end - from) * DIGEST_BYTES
        from = end
      }
      return { digests, sealed, ends }
    },
    open: (digest, sealed) => {
      const decipher = createDecipheriv('aes-256-ctr', sealingKey, firstCounter(digest))
      const text = decipher.update(sealed).toString()
      if (!digestsOf([text]).equals(digest)) {
        throw new Error('A sealed text was changed, or another key sealed it')
      }
      return text
    },
  }
}
