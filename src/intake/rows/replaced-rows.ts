import { setImmediate as nextTurn } from 'node:timers/promises'

/**
 * Finds the rows that were replaced by a later row with the same contact id, from the digests of
 * all ids in the order of their rows. The digests are divided into partitions by one of their
 * bytes. Each partition is searched with a table that fits the processor's cache. A table for all
 * rows would be so large that each row had to wait for memory. Only 96 bits of the digests are
 * compared. The probability that any two of ten million ids share these bits is below 10^-15.
 */
const MOST_PARTITIONS = 256
const ROWS_A_PARTITION = 4096
const DIGEST_WORDS = 4
/** An entry has three words of the digest and the number of the row. */
const ENTRY_WORDS = 4
/** After this many rows, which take about a millisecond, the event loop gets a turn. */
const ROWS_A_TURN = 16_384

type Partition = { entries: Int32Array; used: number }

/** Returns the digests of the ids in the order of their rows, one buffer per chunk. */
export type IdDigests = () => AsyncIterable<Buffer>

const createPartitions = (rows: number): Partition[] => {
  let length = 1
  while (length < MOST_PARTITIONS && length * ROWS_A_PARTITION < rows) length *= 2
  // Digests spread evenly over the partitions, so a tenth more room than the average usually
  // suffices. If an id is repeated very often, its partition grows.
  const words = (Math.ceil((rows / length) * 1.1) + 16) * ENTRY_WORDS
  return Array.from({ length }, () => ({ entries: new Int32Array(words), used: 0 }))
}

/** The digests as words of 32 bits. They are copied only if they are not aligned. */
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

/**
 * The slot for the digest of the entry: the slot that already has this digest or, if there is none,
 * a free slot. A slot contains the position of an entry plus 1. 0: the slot is free.
 */
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
 * Creates the search of a partition. All searches share one table. The search goes from the last
 * row to the first, so the first row that it finds for an id is the row that stays.
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

/**
 * `passOf` and `partitionOf`: the pass and the partition of an entry, by the last word of its
 * digest.
 */
const passOf = (last: number, passes: number): number => (last >>> 8) % passes
const partitionOf = (last: number, partitions: number): number => last & (partitions - 1)

/** A pass reads all digests, and keeps only the digests that belong to it. */
type Pass = { partitions: readonly Partition[]; pass: number; passes: number }

/**
 * Adds the digests of one chunk to the partitions. `firstRow`: the number of the chunk's first row.
 * This is a separate function, because V8 compiles a loop between two awaits again after each
 * await.
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

/** Adds the digests of the pass to the partitions. */
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
 * Calls `onReplaced` for each row that was replaced by a later row with the same id, in no
 * particular order. The arguments are the number of the row (from 0) and the number of the last row
 * with its id. Reads the digests ceil(rows / passRows) times, and needs about 18 bytes for each of
 * `passRows` rows. Gives the event loop a turn from time to time.
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
