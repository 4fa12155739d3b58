const WORDS = 4
const SMALLEST_SLOTS = 4096

/**
 * Remembers under which row number an id's digest was last seen, in 16 bytes a slot instead of a Map's hundred: 96 bits of the digest and
 * the number. Two ids among ten million share 96 bits with a chance below 10^-15.
 */
export type DuplicateTable = {
  /** Sets the row number (0 … 2^32 - 2) of the digest at `from`; returns the number it had, or -1. */
  replace(digests: Buffer, from: number, row: number): number
}

export const createDuplicateTable = (): DuplicateTable => {
  let slots = SMALLEST_SLOTS
  // Of each slot: three words of the digest, and the row's number + 1 (0 = free).
  let table = new Int32Array(slots * WORDS)
  let used = 0

  /** The slot of the digest, or the free one where it belongs. */
  const find = (into: Int32Array, size: number, a: number, b: number, c: number): number => {
    for (let slot = a & (size - 1); ; slot = (slot + 1) & (size - 1)) {
      const at = slot * WORDS
      if (into[at + 3] === 0) return at
      if (into[at] === a && into[at + 1] === b && into[at + 2] === c) return at
    }
  }
  const put = (
    into: Int32Array,
    at: number,
    a: number,
    b: number,
    c: number,
    mark: number,
  ): void => {
    into[at] = a
    into[at + 1] = b
    into[at + 2] = c
    into[at + 3] = mark
  }
  const grow = (): void => {
    const larger = new Int32Array(slots * 2 * WORDS)
    for (let at = 0; at < table.length; at += WORDS) {
      const mark = table[at + 3]!
      if (mark === 0) continue
      const a = table[at]!
      const b = table[at + 1]!
      const c = table[at + 2]!
      put(larger, find(larger, slots * 2, a, b, c), a, b, c, mark)
    }
    table = larger
    slots *= 2
  }
  return {
    replace: (digests, from, row) => {
      const a = digests.readInt32LE(from)
      const b = digests.readInt32LE(from + 4)
      const c = digests.readInt32LE(from + 8)
      const at = find(table, slots, a, b, c)
      const before = table[at + 3]!
      put(table, at, a, b, c, row + 1)
      if (before !== 0) return (before >>> 0) - 1
      used += 1
      if (used * 3 > slots * 2) grow()
      return -1
    },
  }
}
