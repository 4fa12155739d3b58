/**
 * Stores phone numbers (E.164 as whole numbers) compactly. A block holds up to ten thousand numbers
 * with one common prefix: all digits except the last four. A dense block is a bitmap. A sparse
 * block lists the last four digits of its numbers, two bytes each. A page holds blocks with
 * neighbouring prefixes. A lookup is exact: a number is in a page or it is not.
 */

/** How many numbers share a prefix. */
export const BLOCK_NUMBERS = 10_000
export const BITMAP_BYTES = BLOCK_NUMBERS / 8
/**
 * A block with more numbers than this is a bitmap. A list of so many numbers would have at least as
 * many bytes as the bitmap. The length of a body could then not show whether the body is a list or
 * a bitmap.
 */
const MOST_LISTED = BITMAP_BYTES / 2 - 1

/** A prefix and the last four digits of its numbers. */
export type NumberBlock = {
  prefix: number
  count: number
  /**
   * If the body has `BITMAP_BYTES` bytes, it is a bitmap. If it is shorter, it is a list of
   * ascending numbers, two bytes each, little-endian.
   */
  body: Uint8Array
}

/**
 * The most bytes of blocks in a page. A page is sealed and stored as one row. The limit lets this
 * row, with its other columns, fit into one page of PostgreSQL. PostgreSQL cuts a longer row into
 * pieces, and each piece has an entry in an index. Older editions may have longer pages.
 */
const PAGE_BYTES = 8_060

/** The prefix of the block to which a number belongs: the number without its last four digits. */
export const prefixOf = (number: number): number => Math.floor(number / BLOCK_NUMBERS)

const BITS_OF_BYTE = Uint8Array.from({ length: 256 }, (_, byte) => {
  let bits = 0
  for (let rest = byte; rest > 0; rest >>= 1) bits += rest & 1
  return bits
})

const bitsOf = (bitmap: Uint8Array): number => {
  let bits = 0
  for (let at = 0; at < bitmap.length; at += 1) bits += BITS_OF_BYTE[bitmap[at]!]!
  return bits
}

/** Whether the body is a bitmap. Otherwise it is a list, which is always shorter than a bitmap. */
export const isBitmap = ({ body }: NumberBlock): boolean => body.length === BITMAP_BYTES

/** The block's numbers as a bitmap that the caller may change. */
const bitmapOf = (block: NumberBlock): Uint8Array => {
  if (isBitmap(block)) return Uint8Array.from(block.body)
  const bitmap = new Uint8Array(BITMAP_BYTES)
  const { body } = block
  for (let at = 0; at < body.length; at += 2) {
    const offset = body[at]! | (body[at + 1]! << 8)
    bitmap[offset >> 3]! |= 1 << (offset & 7)
  }
  return bitmap
}

/** The block of a bitmap, in the form that takes less room. null: the bitmap has no numbers. */
const blockOfBitmap = (prefix: number, bitmap: Uint8Array): NumberBlock | null => {
  const count = bitsOf(bitmap)
  if (count === 0) return null
  if (count > MOST_LISTED) return { prefix, count, body: bitmap }
  const body = new Uint8Array(count * 2)
  let to = 0
  for (let byte = 0; byte < BITMAP_BYTES; byte += 1) {
    for (let rest = bitmap[byte]!; rest > 0; rest &= rest - 1) {
      const offset = byte * 8 + (31 - Math.clz32(rest & -rest))
      body[to++] = offset & 255
      body[to++] = offset >> 8
    }
  }
  return { prefix, count, body }
}

/**
 * A block of the ascending numbers from index `from` up to but not including `to`. The numbers have
 * one prefix, and some may appear twice.
 */
const blockOfNumbers = (numbers: Float64Array, from: number, to: number): NumberBlock => {
  const prefix = prefixOf(numbers[from]!)
  const first = prefix * BLOCK_NUMBERS
  if (to - from > MOST_LISTED) {
    const bitmap = new Uint8Array(BITMAP_BYTES)
    for (let at = from; at < to; at += 1) {
      const offset = numbers[at]! - first
      bitmap[offset >> 3]! |= 1 << (offset & 7)
    }
    return blockOfBitmap(prefix, bitmap)!
  }
  const body = new Uint8Array((to - from) * 2)
  let length = 0
  let last = -1
  for (let at = from; at < to; at += 1) {
    const offset = numbers[at]! - first
    if (offset === last) continue
    last = offset
    body[length++] = offset & 255
    body[length++] = offset >> 8
  }
  return { prefix, count: length / 2, body: body.subarray(0, length) }
}

/** The blocks of ascending numbers. A number may occur more than once. */
export function* blocksOf(numbers: Float64Array): Generator<NumberBlock> {
  let from = 0
  while (from < numbers.length) {
    const end = (prefixOf(numbers[from]!) + 1) * BLOCK_NUMBERS
    let to = from + 1
    while (to < numbers.length && numbers[to]! < end) to += 1
    yield blockOfNumbers(numbers, from, to)
    from = to
  }
}

/**
 * Combines two blocks of one prefix. null: the result is empty. `plus`: the numbers of both blocks.
 * `minus`: the first block without the numbers of the second.
 */
export const combineBlocks = (
  how: 'plus' | 'minus',
  one: NumberBlock,
  other: NumberBlock,
): NumberBlock | null => {
  const bitmap = bitmapOf(one)
  const others = isBitmap(other) ? other.body : bitmapOf(other)
  if (how === 'plus') for (let at = 0; at < BITMAP_BYTES; at += 1) bitmap[at]! |= others[at]!
  else for (let at = 0; at < BITMAP_BYTES; at += 1) bitmap[at]! &= ~others[at]!
  return blockOfBitmap(one.prefix, bitmap)
}

/**
 * Whether two blocks of one prefix have the same numbers. Does not compare the prefixes. The same
 * numbers always have the same body.
 */
export const isSameBlock = (one: NumberBlock, other: NumberBlock): boolean =>
  one.count === other.count && Buffer.compare(one.body, other.body) === 0

/** The numbers of a block, ascending. */
export function* numbersOf(block: NumberBlock): Generator<number> {
  const first = block.prefix * BLOCK_NUMBERS
  const listed = isBitmap(block) ? null : block.body
  if (listed !== null) {
    for (let at = 0; at < listed.length; at += 2) {
      yield first + (listed[at]! | (listed[at + 1]! << 8))
    }
    return
  }
  for (let offset = 0; offset < BLOCK_NUMBERS; offset += 1) {
    if ((block.body[offset >> 3]! >> (offset & 7)) & 1) yield first + offset
  }
}

const inList = (body: Uint8Array, offset: number): boolean => {
  let low = 0
  let high = body.length / 2 - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const found = body[middle * 2]! | (body[middle * 2 + 1]! << 8)
    if (found === offset) return true
    if (found < offset) low = middle + 1
    else high = middle - 1
  }
  return false
}

/** Whether the block has the number. The number must have the prefix of the block. */
export const blockHas = (block: NumberBlock, number: number): boolean => {
  const offset = number - block.prefix * BLOCK_NUMBERS
  return isBitmap(block)
    ? ((block.body[offset >> 3]! >> (offset & 7)) & 1) === 1
    : inList(block.body, offset)
}

/** Ascending blocks with neighbouring prefixes, stored together. */
export type NumberPage = { first: number; last: number; count: number; bytes: Buffer }

const writeVarint = (bytes: Uint8Array, at: number, value: number): number => {
  let to = at
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes[to++] = (rest % 128) | 128
  bytes[to++] = rest
  return to
}

/**
 * The most bytes of a block's head. The head has two numbers: the distance of the block's prefix
 * from the previous prefix, and how many numbers the block has.
 */
const HEAD_BYTES = 10

/**
 * Distributes ascending blocks over pages. Passes a copy of each full page to `take`. `end` passes
 * the last page. `add` throws if a block is out of order. `from`: an unfinished page that an
 * earlier writer returned from `open`. The new writer continues this page.
 */
export const createPageWriter = (
  take: (page: NumberPage) => void,
  from: NumberPage | null = null,
) => {
  const room = new Uint8Array(PAGE_BYTES + BITMAP_BYTES + HEAD_BYTES)
  let length = from?.bytes.byteLength ?? 0
  let first = from?.first ?? 0
  let last = from?.last ?? 0
  let count = from?.count ?? 0
  if (from !== null) room.set(from.bytes)
  const open = (): NumberPage | null =>
    length === 0 ? null : { first, last, count, bytes: Buffer.from(room.subarray(0, length)) }
  const end = (): void => {
    const page = open()
    if (page === null) return
    take(page)
    length = 0
    count = 0
  }
  return {
    add: (block: NumberBlock): void => {
      if (length > 0 && block.prefix <= last) throw new Error('Blocks come in ascending order')
      if (length + block.body.length + HEAD_BYTES > PAGE_BYTES) end()
      if (length === 0) {
        first = block.prefix
        last = first
      }
      length = writeVarint(room, length, block.prefix - last)
      length = writeVarint(room, length, block.count)
      room.set(block.body, length)
      length += block.body.length
      last = block.prefix
      count += block.count
    },
    /** Returns a copy of the page that is not full yet. null: there is no such page. */
    open,
    end,
  }
}

/**
 * The blocks of a page. The bodies of the blocks are views of the page's bytes. Throws if the bytes
 * end in the middle of a block. Does not detect other damage.
 */
export function* blocksOfPage(first: number, bytes: Uint8Array): Generator<NumberBlock> {
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++]
      if (byte === undefined) throw new Error('A page of numbers ends in the middle of a block')
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }
  let prefix = first
  while (at < bytes.length) {
    prefix += varint()
    const count = varint()
    const size = count > MOST_LISTED ? BITMAP_BYTES : count * 2
    if (at + size > bytes.length) throw new Error('A page of numbers ends in the middle of a block')
    yield { prefix, count, body: bytes.subarray(at, at + size) }
    at += size
  }
}
