import { DIGEST_BYTES, wordsOf } from '../keyed-digest.ts'

const WORDS = DIGEST_BYTES / 4
/** An entry is a digest and the value behind it, which has the same size. */
const ENTRY_WORDS = WORDS * 2
export const ENTRY_BYTES = ENTRY_WORDS * 4
const NONE = -1

/** Values of 16 bytes, found by digests of 16 bytes. Digests must be as random as keyed ones. */
export type DigestTable = {
  /** Adds a copy of these entries. Each digest may be added once. */
  add(entries: Uint8Array): void
  /**
   * The places of the entries with these digests, in order. -1: the table has no such digest.
   * `digests`: one after the other.
   */
  placesOf(digests: Uint8Array): Int32Array
  /** Whether the entry at this place has the value that begins at `from`, in words of 32 bits. */
  hasValue(place: number, values: Int32Array, from: number): boolean
}

/**
 * Creates a table for at most `most` entries. It needs 40 to 48 bytes for each of them. A digest is
 * random, so its first word is the place where the search for it begins. At most half of the slots
 * are used, which keeps the searches short. `add` throws a RangeError if there are more entries.
 */
export const createDigestTable = (most: number): DigestTable => {
  const slotCount = 2 ** Math.ceil(Math.log2(Math.max(most, 1) * 2))
  const slots = new Int32Array(slotCount).fill(NONE)
  const last = slotCount - 1
  const entries = new Int32Array(most * ENTRY_WORDS)
  const bytes = new Uint8Array(entries.buffer)
  let count = 0

  /** Whether the words of the entries from `at` on are those of `words` from `from` on. */
  const isSame = (at: number, words: Int32Array, from: number): boolean => {
    for (let word = 0; word < WORDS; word += 1) {
      if (entries[at + word] !== words[from + word]) return false
    }
    return true
  }
  return {
    add: (more) => {
      bytes.set(more, count * ENTRY_BYTES)
      const end = count + more.byteLength / ENTRY_BYTES
      for (; count < end; count += 1) {
        let slot = entries[count * ENTRY_WORDS]! & last
        while (slots[slot] !== NONE) slot = (slot + 1) & last
        slots[slot] = count
      }
    },
    placesOf: (digests) => {
      const words = wordsOf(digests)
      const places = new Int32Array(digests.byteLength / DIGEST_BYTES)
      for (let index = 0, from = 0; index < places.length; index += 1, from += WORDS) {
        let slot = words[from]! & last
        let entry = slots[slot]!
        while (entry !== NONE && !isSame(entry * ENTRY_WORDS, words, from)) {
          slot = (slot + 1) & last
          entry = slots[slot]!
        }
        places[index] = entry
      }
      return places
    },
    hasValue: (place, values, from) => isSame(place * ENTRY_WORDS + WORDS, values, from),
  }
}
