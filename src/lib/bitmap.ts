/**
 * A bitmap is a set of small integers, one bit each, lowest bit first. The gateway uses bitmaps for
 * sets of rows of a chunk, for example those that are left out.
 */
export const createBitmap = (size: number): Buffer => Buffer.alloc(Math.ceil(size / 8))

/** Adds `index` to the set. Has no effect beyond the end of the bitmap. */
export const setBit = (bitmap: Uint8Array, index: number): void => {
  bitmap[index >> 3]! |= 1 << (index & 7)
}

/**
 * Whether the set contains `index`. False beyond the end of the bitmap, so an empty buffer is the
 * empty set.
 */
export const hasBit = (bitmap: Uint8Array, index: number): boolean =>
  ((bitmap[index >> 3] ?? 0) & (1 << (index & 7))) !== 0

/** How many integers the set contains. */
export const countBits = (bitmap: Uint8Array): number => {
  let count = 0
  for (const byte of bitmap) for (let rest = byte; rest !== 0; rest &= rest - 1) count += 1
  return count
}
