/**
 * A set of small integers as bytes, lowest bit first. Left-out and sent rows of a chunk are stored
 * in this form.
 */
export const createBitmap = (size: number): Buffer => Buffer.alloc(Math.ceil(size / 8))

export const setBit = (bitmap: Uint8Array, index: number): void => {
  bitmap[index >> 3]! |= 1 << (index & 7)
}

/** False beyond the bitmap's end, so that an empty buffer means "none". */
export const hasBit = (bitmap: Uint8Array, index: number): boolean =>
  ((bitmap[index >> 3] ?? 0) & (1 << (index & 7))) !== 0

export const countBits = (bitmap: Uint8Array): number => {
  let count = 0
  for (const byte of bitmap) for (let rest = byte; rest !== 0; rest &= rest - 1) count += 1
  return count
}
