import { DIGEST_BYTES, wordsOf } from '../keyed-digest.ts'

/**
 * A set of digests that uses only two bytes per digest, and sometimes gives a wrong answer. It
 * finds every digest that was added. It also finds about one in a thousand of the digests that were
 * not added. It is a blocked Bloom filter (Putze, Sanders and Singler 2007). The bits of the
 * digests must be evenly spread, as they are in digests made with a secret key.
 */
export type DigestFilter = {
  /** How many digests were added. A digest that was added twice counts twice. */
  readonly held: number
  /** Allocates memory for the next `count` digests as one piece. */
  reserve(count: number): void
  /** Adds digests of 16 bytes each. */
  add(digests: Buffer): void
  /** The given digests that were probably added, in the same order. */
  among(digests: Buffer): Buffer
}

const WORDS = DIGEST_BYTES / 4
/**
 * The number of words of a block. A block is one cache line of the processor, so that looking up a
 * digest costs one access to memory.
 */
const BLOCK_WORDS = 16
const DIGESTS_A_BLOCK = 32
const FEWEST_DIGESTS = 4096
const TWO_TO_32 = 2 ** 32

type Piece = { words: Int32Array; blocks: number; room: number }

const pieceFor = (digests: number): Piece => {
  const blocks = Math.ceil(digests / DIGESTS_A_BLOCK)
  return {
    words: new Int32Array(blocks * BLOCK_WORDS),
    blocks,
    room: blocks * DIGESTS_A_BLOCK,
  }
}

/**
 * The position of a digest's block, chosen by the first word of the digest. Each of the other three
 * words chooses three of the block's 512 bits. Nine bits of the word choose one bit of the block.
 */
const blockOf = (digests: Int32Array, at: number, blocks: number): number =>
  Math.floor(((digests[at]! >>> 0) / TWO_TO_32) * blocks) * BLOCK_WORDS

const addTo = ({ words, blocks }: Piece, digests: Int32Array, at: number): void => {
  const block = blockOf(digests, at, blocks)
  for (let word = 1; word < WORDS; word += 1) {
    const bits = digests[at + word]!
    for (let shift = 0; shift < 27; shift += 9) {
      words[block + ((bits >>> (shift + 5)) & 15)]! |= 1 << ((bits >>> shift) & 31)
    }
  }
}

const mayHold = ({ words, blocks }: Piece, digests: Int32Array, at: number): boolean => {
  const block = blockOf(digests, at, blocks)
  for (let word = 1; word < WORDS; word += 1) {
    const bits = digests[at + word]!
    for (let shift = 0; shift < 27; shift += 9) {
      if (((words[block + ((bits >>> (shift + 5)) & 15)]! >>> ((bits >>> shift) & 31)) & 1) === 0)
        return false
    }
  }
  return true
}

/** Makes an empty filter. Digests cannot be removed from it, and it grows without a limit. */
export const createDigestFilter = (): DigestFilter => {
  const pieces: Piece[] = []
  let held = 0

  /**
   * Each new piece has room for at least as many digests as were added before it. There are
   * therefore few pieces to search.
   */
  const reserve = (count: number): void => {
    const last = pieces.at(-1)
    if (last !== undefined && last.room >= count) return
    pieces.push(pieceFor(Math.max(count, held, FEWEST_DIGESTS)))
  }
  const isAmong = (words: Int32Array, at: number): boolean => {
    for (let piece = pieces.length - 1; piece >= 0; piece -= 1) {
      if (mayHold(pieces[piece]!, words, at)) return true
    }
    return false
  }
  return {
    get held() {
      return held
    },
    reserve,
    add: (digests) => {
      const words = wordsOf(digests)
      for (let at = 0; at < words.length; at += WORDS) {
        if ((pieces.at(-1)?.room ?? 0) === 0) reserve(1)
        const piece = pieces.at(-1)!
        addTo(piece, words, at)
        piece.room -= 1
        held += 1
      }
    },
    among: (digests) => {
      const words = wordsOf(digests)
      const found: number[] = []
      for (let at = 0; at < words.length; at += WORDS) {
        if (isAmong(words, at)) found.push(at * 4)
      }
      if (found.length * DIGEST_BYTES === digests.length) return digests
      const among = Buffer.allocUnsafe(found.length * DIGEST_BYTES)
      for (const [place, from] of found.entries()) {
        digests.copy(among, place * DIGEST_BYTES, from, from + DIGEST_BYTES)
      }
      return among
    },
  }
}
