import { createCipheriv, createHmac, createSecretKey, type KeyObject } from 'node:crypto'

/** The length of a keyed digest in bytes: one block of AES. */
export const DIGEST_BYTES = 16
const WORDS = DIGEST_BYTES / 4
/** The memory for waiting messages. It is small enough to stay in the processor's cache. */
const ROOM_WORDS = 8192
const MOST_WAITING = ROOM_WORDS / WORDS
/** The messages for which a batch has memory at first. A full batch doubles its memory. */
const FIRST_WAITING = 16
/** A longer text is digested separately. In a batch, each of its blocks would need a round. */
const LONG_BYTES = 3072
/** The most bytes that UTF-8 needs for one unit of a JavaScript string. */
const BYTES_PER_CHAR = 3
/**
 * The spare bytes after a text. The last block of a text is always read as a whole block, even if
 * the text has fewer bytes.
 */
export const DIGEST_SLACK_BYTES = 16

/** Collects texts and digests them together, which is much faster than one by one. */
export type DigestBatch = {
  add(text: string): void
  /** Adds a copy of the UTF-8 in `view[from, to)`, which `DIGEST_SLACK_BYTES` bytes must follow. */
  addBytes(view: DataView, from: number, to: number): void
  /** Returns the digests (16 bytes each, in order) of all texts that no call has returned yet. */
  take(): Buffer
}

/** Doubles a block in GF(2^128). CMAC makes its two subkeys by doubling. */
const doubled = (block: Uint8Array): Buffer => {
  const result = Buffer.alloc(DIGEST_BYTES)
  for (let at = 0; at < DIGEST_BYTES; at += 1) {
    result[at] = (block[at]! << 1) | ((block[at + 1] ?? 0) >> 7)
  }
  if (block[0]! >= 0x80) result[DIGEST_BYTES - 1]! ^= 0x87
  return result
}

/** The bytes as 32-bit words in the processor's byte order: lowest byte first (x64 and ARM). */
export const wordsOf = (bytes: Uint8Array): Int32Array => {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : Uint8Array.from(bytes)
  return new Int32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4)
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const joined = (pieces: readonly Buffer[]): Buffer =>
  pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)

/**
 * For each size of a last block (0 to 16 bytes), four words that keep the bytes of the text and
 * clear the spare bytes after them. In a word, the first byte of the text is the lowest.
 */
const KEPT_BYTES = new Int32Array((DIGEST_BYTES + 1) * WORDS)
/** For each size of a last block, four words with the one bit that pads it. */
const PADDING = new Int32Array((DIGEST_BYTES + 1) * WORDS)
for (let size = 0; size <= DIGEST_BYTES; size += 1) {
  const full = size >> 2
  const bits = (size & 3) * 8
  KEPT_BYTES.fill(-1, size * WORDS, size * WORDS + full)
  if (full === WORDS) continue
  KEPT_BYTES[size * WORDS + full] = (1 << bits) - 1
  PADDING[size * WORDS + full] = 0x80 << bits
}

/** For each size of a last block, four words: its padding, XORed with its subkey. */
type LastKeys = Int32Array

const lastKeysOf = (whole: Int32Array, padded: Int32Array): LastKeys =>
  PADDING.map((padding, at) => {
    const subkey = at >= DIGEST_BYTES * WORDS ? whole : padded
    return padding ^ subkey[at % WORDS]!
  })

type Cipher = ReturnType<typeof createCipheriv>
/** Everything that is made once for a key. All batches with the key share it. */
type CmacKey = { key: KeyObject; lastKeys: LastKeys; cipher: Cipher }

/** One function for all keys. If each key had its own, V8 would compile the callers again. */
const encrypt = (cipher: Cipher, words: Int32Array): Int32Array =>
  wordsOf(cipher.update(new Uint8Array(words.buffer, words.byteOffset, words.byteLength)))

const larger = (room: Int32Array): Int32Array<ArrayBuffer> => {
  const grown = new Int32Array(room.length * 2)
  grown.set(room)
  return grown
}

/**
 * Writes a message's last block (≤ 16 bytes) as four words: padded, and XORed with a subkey. It has
 * no branches and no loops, because the processor cannot predict the sizes of texts.
 */
const putLast = (
  words: Int32Array,
  at: number,
  view: DataView,
  from: number,
  size: number,
  keys: LastKeys,
): void => {
  const row = size * WORDS
  words[at] = (view.getInt32(from, true) & KEPT_BYTES[row]!) ^ keys[row]!
  words[at + 1] = (view.getInt32(from + 4, true) & KEPT_BYTES[row + 1]!) ^ keys[row + 1]!
  words[at + 2] = (view.getInt32(from + 8, true) & KEPT_BYTES[row + 2]!) ^ keys[row + 2]!
  words[at + 3] = (view.getInt32(from + 12, true) & KEPT_BYTES[row + 3]!) ^ keys[row + 3]!
}

/** Writes the whole message between `from` and `to` as words. Returns the end of these words. */
const putMessage = (
  words: Int32Array,
  at: number,
  view: DataView,
  from: number,
  to: number,
  keys: LastKeys,
): number => {
  const before = ((to - from - 1) >> 4) * DIGEST_BYTES
  const last = at + before / 4
  for (let word = 0; word < before / 4; word += 1) {
    words[at + word] = view.getInt32(from + word * 4, true)
  }
  putLast(words, last, view, from + before, to - from - before, keys)
  return last + WORDS
}

/** The digest of one text, made with one call of CBC. It is the same as in a batch. */
const cmacAlone = ({ key, lastKeys }: CmacKey, text: Uint8Array): Buffer => {
  const padded = Buffer.alloc(text.byteLength + DIGEST_SLACK_BYTES)
  padded.set(text)
  const words = new Int32Array(Math.ceil((text.byteLength + 1) / DIGEST_BYTES) * WORDS)
  const end = putMessage(words, 0, viewOf(padded), 0, text.byteLength, lastKeys)
  const chain = createCipheriv('aes-256-cbc', key, Buffer.alloc(DIGEST_BYTES))
  const output = chain.setAutoPadding(false).update(new Uint8Array(words.buffer, 0, end * 4))
  return output.subarray(output.byteLength - DIGEST_BYTES)
}

/** Encrypts all blocks after the first, for messages of more than one block. */
const createChains = (cipher: Cipher) => {
  let owners = new Int32Array(FIRST_WAITING)
  let starts = new Int32Array(FIRST_WAITING)
  let ends = new Int32Array(FIRST_WAITING)
  let inputs = new Int32Array(FIRST_WAITING * WORDS)
  let open = 0
  const grow = (): void => {
    owners = larger(owners)
    starts = larger(starts)
    ends = larger(ends)
    inputs = larger(inputs)
  }

  /** Encrypts the next block of every chain, and drops the chains that are finished. */
  const round = (digests: Int32Array, words: Int32Array): void => {
    for (let chain = 0; chain < open; chain += 1) {
      const digest = owners[chain]!
      const block = starts[chain]!
      const to = chain * WORDS
      for (let word = 0; word < WORDS; word += 1) {
        inputs[to + word] = digests[digest + word]! ^ words[block + word]!
      }
    }
    const output = encrypt(cipher, inputs.subarray(0, open * WORDS))
    let left = 0
    for (let chain = 0; chain < open; chain += 1) {
      const digest = owners[chain]!
      for (let word = 0; word < WORDS; word += 1) {
        digests[digest + word] = output[chain * WORDS + word]!
      }
      if (starts[chain]! + WORDS === ends[chain]) continue
      owners[left] = digest
      starts[left] = starts[chain]! + WORDS
      ends[left] = ends[chain]!
      left += 1
    }
    open = left
  }
  return {
    add: (digest: number, start: number, end: number): void => {
      if (open === owners.length) grow()
      owners[open] = digest
      starts[open] = start
      ends[open] = end
      open += 1
    },
    finish: (digests: Int32Array, words: Int32Array): void => {
      while (open > 0) round(digests, words)
    },
  }
}

/** Batches with one key can share a cipher, because encrypting single blocks keeps no state. */
const cmacKeyOf = (key: Uint8Array): CmacKey => {
  const kept = createSecretKey(key)
  const cipher = createCipheriv('aes-256-ecb', kept, null).setAutoPadding(false)
  const first = doubled(cipher.update(Buffer.alloc(DIGEST_BYTES)))
  return {
    key: kept,
    lastKeys: lastKeysOf(wordsOf(first), wordsOf(doubled(first))),
    cipher,
  }
}

/** Memory for one text until `addBytes` has copied it. No other call can run in between. */
const scratch = Buffer.alloc(LONG_BYTES + DIGEST_SLACK_BYTES)
const scratchView = viewOf(scratch)

/**
 * Digests texts with AES-256-CMAC (NIST SP 800-38B). Each message is a chain of blocks that does
 * not depend on other messages. One call therefore encrypts the next block of every waiting
 * message. A block then costs about a hundredth of a separate call. `key`: 32 bytes.
 */
export const createCmacBatch = (key: Uint8Array): DigestBatch => createBatch(cmacKeyOf(key))

const createBatch = (under: CmacKey): DigestBatch => {
  const { cipher, lastKeys: keys } = under
  /** `heads`: the first block of every message. `tails`: all other blocks. */
  let heads = new Int32Array(FIRST_WAITING * WORDS)
  let tails = new Int32Array(FIRST_WAITING * WORDS)
  const chains = createChains(cipher)
  let waiting = 0
  let filled = 0
  const done: Buffer[] = []

  const flush = (): void => {
    if (waiting === 0) return
    const digests = encrypt(cipher, heads.subarray(0, waiting * WORDS))
    chains.finish(digests, tails)
    done.push(Buffer.from(digests.buffer, digests.byteOffset, digests.byteLength))
    waiting = 0
    filled = 0
  }
  const addLong = (view: DataView, from: number, to: number): void => {
    const words = (to - from) / 4 + WORDS
    if (filled + words > ROOM_WORDS) flush()
    while (filled + words > tails.length) tails = larger(tails)
    const head = waiting * WORDS
    for (let word = 0; word < WORDS; word += 1) {
      heads[head + word] = view.getInt32(from + word * 4, true)
    }
    const start = filled
    filled = putMessage(tails, start, view, from + DIGEST_BYTES, to, keys)
    chains.add(head, start, filled)
    waiting += 1
  }
  const addAlone = (text: Uint8Array): void => {
    flush()
    done.push(cmacAlone(under, text))
  }
  const addBytes = (view: DataView, from: number, to: number): void => {
    const size = to - from
    if (waiting === MOST_WAITING) flush()
    if (waiting * WORDS === heads.length) heads = larger(heads)
    if (size <= DIGEST_BYTES) putLast(heads, waiting++ * WORDS, view, from, size, keys)
    else if (size <= LONG_BYTES) addLong(view, from, to)
    else addAlone(new Uint8Array(view.buffer, view.byteOffset + from, size))
  }
  return {
    add: (text) => {
      if (text.length * BYTES_PER_CHAR > LONG_BYTES) addAlone(Buffer.from(text))
      else addBytes(scratchView, 0, scratch.write(text))
    },
    addBytes,
    take: () => {
      flush()
      return joined(done.splice(0))
    },
  }
}

/** The default purpose. Purposes have separate keys, so digests of two purposes never match. */
const PERSON = 'person'

/** Keys for purposes, by their source key. Making a key costs as much as 100 digests. */
const madeKeys = new WeakMap<Uint8Array, Map<string, CmacKey>>()
/** The most purposes in one map. The columns of a deleted list leave purposes that nobody uses. */
const MOST_PURPOSES = 256

const purposeKey = (key: Uint8Array, purpose: string): CmacKey => {
  const made = madeKeys.get(key) ?? new Map<string, CmacKey>()
  madeKeys.set(key, made)
  const known = made.get(purpose)
  if (known) return known
  if (made.size === MOST_PURPOSES) made.clear()
  const fresh = cmacKeyOf(createHmac('sha256', key).update(purpose).digest())
  made.set(purpose, fresh)
  return fresh
}

/** `createCmacBatch` with a key for the purpose, made from `key` (any length, never changed). */
export const createDigestBatch = (key: Uint8Array, purpose: string = PERSON): DigestBatch =>
  createBatch(purposeKey(key, purpose))

/** The keyed digest of a value (16 bytes). It is stored instead of the value, to find the value. */
export const keyedDigest = (key: Uint8Array, value: string): Buffer => {
  const batch = createDigestBatch(key)
  batch.add(value)
  return batch.take()
}
