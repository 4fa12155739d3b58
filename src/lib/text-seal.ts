import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto'

import { createDigestBatch, DIGEST_BYTES } from './keyed-digest.ts'

/**
 * Texts as they are stored: a digest of 16 bytes each, by which equal ones are found, and each text
 * sealed, as many bytes as it has in UTF-8.
 */
export type SealedTexts = {
  digests: Buffer
  /** Behind each other; text n ends at `ends[n]`. */
  sealed: Buffer
  ends: number[]
}

/**
 * Seals many short texts together so that equal texts stay equal, and opens them again. For texts
 * that are looked up and must not be stored in the clear. The digest is the initial vector of the
 * encryption and proves the text when it is opened (SIV, RFC 5297, with one CMAC as its
 * pseudo-random function), so there is neither a nonce nor a tag beside it.
 */
export type TextSeal = {
  /**
   * Of each text, in order, 16 bytes each: those that `createDigestBatch` makes under the same key.
   */
  digests(texts: readonly string[]): Buffer
  seal(texts: readonly string[]): SealedTexts
  /** The text. Throws when digest or bytes were changed, or sealed under another key. */
  open(digest: Uint8Array, sealed: Uint8Array): string
}

/** RFC 5297 clears these bits, so that a counter of blocks never carries out of its word. */
const firstCounter = (digest: Uint8Array): Buffer => {
  const counter = Buffer.from(digest)
  counter[8]! &= 0x7f
  counter[12]! &= 0x7f
  return counter
}

const WORDS = DIGEST_BYTES / 4

/** Swaps the bytes of a word between the order of memory, lowest first, and highest first. */
const swapped = (word: number): number =>
  (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)

const blocksOf = (bytes: number): number => Math.ceil(bytes / DIGEST_BYTES)

/**
 * Counter blocks of all texts, one behind the other as by `firstCounter`: a single call of the
 * cipher makes every key stream.
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
 * Texts are digested under `key` as `createDigestBatch` does, and encrypted under another made from
 * it for `purpose`.
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
        throw new Error('A sealed text was changed, or sealed under another key')
      }
      return text
    },
  }
}
