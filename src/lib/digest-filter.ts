import { DIGEST_BYTES, wordsOf } from './keyed-digest.ts'

/**
 * A set of keyed digests that can err in one direction only: it always finds a digest that was
 * added, and also finds about one in a thousand others. Two bytes a digest (a Bloom filter of
 * blocks, Putze, Sanders and Singler 2007). The digests must be evenly spread, as those under a
 * secret key are.
 */
export type DigestFilter = {
  /** Digests added, twice those that were added twice. */
  readonly held: number
  /** The next digests, this many, go into one piece of memory. */
  reserve(count: number): void
  /** 16 bytes each. */
  add(digests: Buffer): void
  /** Of these digests, those that may have been added, in their order. */
  among(digests: Buffer): Buffer
}

const WORDS = DIGEST_BYTES / 4
/** A line of the processor's cache: one digest costs one access to memory. */
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
 * The first word chooses the block, and of the others nine bits each one of the block's 512 bits.
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

export const createDigestFilter = (): DigestFilter => {
  const pieces: Piece[] = []
  let held = 0

  /** Each piece is at least as large as all before it, so that a look-up meets few. */
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
