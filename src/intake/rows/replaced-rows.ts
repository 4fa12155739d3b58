import { setImmediate as nextTurn } from 'node:timers/promises'

/**
 * Finds rows that a later row with the same id replaced, from the digests of the ids in order.
 * Digests are divided into partitions by one of their bytes, and each partition has a separate
 * table that stays in the processor's cache: one table over all rows would wait for memory at every
 * row. Entries are compared by 96 bits: two ids among ten million share them with a chance below
 * 10^-15.
 */
const MOST_PARTITIONS = 256
const ROWS_A_PARTITION = 4096
const DIGEST_WORDS = 4
/** Of each entry: three words of the digest, and the row. */
const ENTRY_WORDS = 4
/**
 * Partitions of that many rows are searched between two turns of the event loop: about a
 * millisecond.
 */
const ROWS_A_TURN = 16_384

type Partition = { entries: Int32Array; used: number }

/** Digests of ids in the order of their rows, one buffer a chunk. */
export type IdDigests = () => AsyncIterable<Buffer>

const createPartitions = (rows: number): Partition[] => {
  let length = 1
  while (length < MOST_PARTITIONS && length * ROWS_A_PARTITION < rows) length *= 2
  // Digests fall evenly; what is over, or one id again and again, makes a partition grow.
  const words = (Math.ceil((rows / length) * 1.1) + 16) * ENTRY_WORDS
  return Array.from({ length }, () => ({ entries: new Int32Array(words), used: 0 }))
}

/** The digests as words. Copied if they are not aligned to words. */
const wordsOf = (digests: Buffer): Int32Array => {
  const aligned = digests.byteOffset % 4 === 0 ? digests : Uint8Array.from(digests)
  return new Int32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4)
}

const addEntry = (partition: Partition, digests: Int32Array, from: number, row: number): void => {
  if (partition.used === partition.entries.length) {
    const larger = new Int32Array(partition.used * 2)
    larger.set(partition.entries)
    partition.entries = larger
  }
  const { entries, used } = partition
  entries[used] = digests[from]!
  entries[used + 1] = digests[from + 1]!
  entries[used + 2] = digests[from + 2]!
  entries[used + 3] = row
  partition.used = used + ENTRY_WORDS
}

/** The slot of the entry's digest, known or free. Slots hold the place of an entry + 1. 0: free. */
const slotOf = (slots: Int32Array, mask: number, entries: Int32Array, entry: number): number => {
  const a = entries[entry]!
  for (let slot = a & mask; ; slot = (slot + 1) & mask) {
    const other = slots[slot]! - 1
    if (other < 0) return slot
    if (
      entries[other] === a &&
      entries[other + 1] === entries[entry + 1] &&
      entries[other + 2] === entries[entry + 2]
    ) {
      return slot
    }
  }
}

/**
 * Searches partitions one by one, in room that is used again. From the last row to the first, so
 * that the row found is the one that stays.
 */
const createSearch = (onReplaced: (row: number, by: number) => void) => {
  let slots = new Int32Array(0)
  return ({ entries, used }: Partition): void => {
    const size = 2 ** Math.ceil(Math.log2((used / ENTRY_WORDS) * 1.5 + 1))
    if (slots.length < size) slots = new Int32Array(size)
    else slots.fill(0, 0, size)
    for (let entry = used - ENTRY_WORDS; entry >= 0; entry -= ENTRY_WORDS) {
      const slot = slotOf(slots, size - 1, entries, entry)
      const later = slots[slot]! - 1
      if (later < 0) slots[slot] = entry + 1
      else onReplaced(entries[entry + 3]!, entries[later + 3]!)
    }
  }
}

/** The pass and the partition of an entry, by the digest's last word. */
const passOf = (last: number, passes: number): number => (last >>> 8) % passes
const partitionOf = (last: number, partitions: number): number => last & (partitions - 1)

/** What a pass takes: its entries only. */
type Pass = { partitions: readonly Partition[]; pass: number; passes: number }

/**
 * Divides the digests of one chunk, whose first row is `firstRow`. A separate function, because a
 * loop between two awaits is compiled again at each.
 */
const dealChunk = (
  words: Int32Array,
  firstRow: number,
  { partitions, pass, passes }: Pass,
): void => {
  let row = firstRow
  for (let at = 0; at < words.length; at += DIGEST_WORDS, row += 1) {
    const last = words[at + 3]!
    if (passes > 1 && passOf(last, passes) !== pass) continue
    addEntry(partitions[partitionOf(last, partitions.length)]!, words, at, row)
  }
}

/** Deals the pass's digests into partitions. */
const deal = async (idDigests: IdDigests, pass: Pass): Promise<void> => {
  let row = 0
  let turnAt = ROWS_A_TURN
  for await (const digests of idDigests()) {
    const words = wordsOf(digests)
    dealChunk(words, row, pass)
    row += words.length / DIGEST_WORDS
    if (row < turnAt) continue
    await nextTurn()
    turnAt = row + ROWS_A_TURN
  }
}

/**
 * Calls `onReplaced` with the number (from 0) of each row that a later one replaced, and of the
 * last of its id, in no particular order. Reads the digests ceil(rows / passRows) times and holds
 * about 18 bytes for each of `passRows` rows. Lets the event loop turn now and then.
 */
export const findReplacedRows = async (
  idDigests: IdDigests,
  rows: number,
  passRows: number,
  onReplaced: (row: number, by: number) => void,
): Promise<void> => {
  const passes = Math.ceil(rows / passRows)
  const search = createSearch(onReplaced)
  const partitions = createPartitions(rows / passes)
  for (let pass = 0; pass < passes; pass += 1) {
    for (const partition of partitions) partition.used = 0
    await deal(idDigests, { partitions, pass, passes })
    let searched = 0
    for (const partition of partitions) {
      search(partition)
      searched += partition.used / ENTRY_WORDS
      if (searched < ROWS_A_TURN) continue
      await nextTurn()
      searched = 0
    }
  }
}
