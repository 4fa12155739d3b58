import { Readable } from 'node:stream'
import { createGzip } from 'node:zlib'

import { BLOCK_NUMBERS } from '../../../src/domain/do-not-call/registries/number-page.ts'
import { countriesOfNumber } from '../../../src/domain/phones/phone-country.ts'

export const REGISTRY_FORMS = ['ftc', 'plain', 'gzip'] as const
/**
 * `ftc`: area code, comma, the rest. `plain`: E.164. `gzip`: compressed; `ftc` where the country
 * has that form, otherwise `plain`.
 */
export type RegistryForm = (typeof REGISTRY_FORMS)[number]

/**
 * How many of the ten thousand numbers with one prefix are in a registry on average. In the FTC's
 * registry it is this many if all exchanges are in use.
 */
const USUAL_IN_BLOCK = 1_340
const FULLEST_BLOCK = 9_000

function* usPrefixes(): Generator<number> {
  for (let area = 201; area < 990; area += 1) {
    if (!countriesOfNumber(1e10 + area * 1e7 + 5_550_100).includes('US')) continue
    for (let exchange = 200; exchange < 1_000; exchange += 1) {
      if (exchange % 100 !== 11) yield 1e6 + area * 1e3 + exchange
    }
  }
}

function* upTo(first: number, last: number): Generator<number> {
  for (let prefix = first; prefix <= last; prefix += 1) yield prefix
}

/** Prefixes of numbers that people have. In Europe, those of mobile phones. */
const PREFIXES: Readonly<Record<string, () => Generator<number>>> = {
  US: usPrefixes,
  GB: () => upTo(44_740_000, 44_799_999),
  FR: () => upTo(3_360_000, 3_379_999),
  DE: () => upTo(491_510_000, 491_799_999),
}
export const REGISTRY_COUNTRIES = Object.keys(PREFIXES)

/** Numbers that look random but are the same each time: xorshift with 32 bits. */
const randomFrom = (seed: number) => {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1
  return (below: number): number => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % below
  }
}

export type RegistryFile = {
  numbers: number
  country: string
  seed?: number
  /** How many more numbers the file has, spread over it. With them, it is the next edition. */
  more?: number
}

/** The first prefixes of the country, as many as are needed for this many numbers. */
export const prefixesOf = ({ country, numbers }: RegistryFile): number[] => {
  const all = PREFIXES[country]
  if (all === undefined) throw new Error(`There are no numbers of ${country} to make`)
  const most = [...all()]
  const prefixes = most.slice(0, Math.max(1, Math.ceil(numbers / USUAL_IN_BLOCK)))
  if (numbers > prefixes.length * FULLEST_BLOCK) throw new Error('So many numbers there are not')
  return prefixes
}

/**
 * How many numbers each block has. Two consecutive blocks together have twice the average: one has
 * more, and one has less.
 */
const countsOf = (count: number, numbers: number, seed: number): number[] => {
  const counts = Array.from(
    { length: count },
    (_, at) => Math.floor(((at + 1) * numbers) / count) - Math.floor((at * numbers) / count),
  )
  const random = randomFrom(seed)
  for (let at = 0; at + 1 < count; at += 2) {
    const room = Math.min(counts[at]!, counts[at + 1]!, BLOCK_NUMBERS - counts[at]!)
    const shift = random(Math.max(1, Math.floor(room * 0.8)))
    counts[at]! += shift
    counts[at + 1]! -= shift
  }
  return counts
}

const fill = (bitmap: Uint8Array, count: number, random: (below: number) => number): void => {
  for (let left = count; left > 0;) {
    const offset = random(BLOCK_NUMBERS)
    const bit = 1 << (offset & 7)
    if ((bitmap[offset >> 3]! & bit) !== 0) continue
    bitmap[offset >> 3]! |= bit
    left -= 1
  }
}

const LAST_FOUR = Buffer.from(
  Array.from({ length: BLOCK_NUMBERS }, (_, at) => String(at).padStart(4, '0')).join(''),
)

const headOf = (prefix: number, form: RegistryForm, country: string): Buffer => {
  const text = String(prefix)
  return Buffer.from(
    country === 'US' && form !== 'plain' ? `${text.slice(1, 4)},${text.slice(4)}` : `+${text}`,
  )
}

const MOST_LINE_BYTES = 20

async function* linesOf(about: RegistryFile, form: RegistryForm): AsyncGenerator<Uint8Array> {
  const { seed = 1, more = 0, numbers, country } = about
  const prefixes = prefixesOf(about)
  const counts = countsOf(prefixes.length, numbers, seed)
  const added = countsOf(prefixes.length, more, seed + 1)
  for (const [index, prefix] of prefixes.entries()) {
    const bitmap = new Uint8Array(BLOCK_NUMBERS / 8)
    fill(bitmap, counts[index]!, randomFrom(seed * 1_000_003 + prefix))
    fill(bitmap, added[index]!, randomFrom(seed * 1_000_003 + prefix + 0x5eed))
    const head = headOf(prefix, form, country)
    const lines = Buffer.allocUnsafe((counts[index]! + added[index]!) * MOST_LINE_BYTES)
    let to = 0
    for (let byte = 0; byte < bitmap.length; byte += 1) {
      for (let rest = bitmap[byte]!; rest > 0; rest &= rest - 1) {
        const digits = (byte * 8 + (31 - Math.clz32(rest & -rest))) * 4
        // Copied byte by byte, because for so few bytes a call would cost more.
        for (let at = 0; at < head.length; at += 1) lines[to++] = head[at]!
        for (let at = digits; at < digits + 4; at += 1) lines[to++] = LAST_FOUR[at]!
        lines[to++] = 10
      }
    }
    if (to > 0) yield lines.subarray(0, to)
  }
}

/**
 * A registry's file in ascending order, always the same for the same arguments. It is a stream, and
 * only one block of ten thousand numbers is in memory.
 */
export const registryFile = (about: RegistryFile, form: RegistryForm): Readable => {
  const lines = Readable.from(linesOf(about, form), { highWaterMark: 8 })
  return form === 'gzip' ? lines.pipe(createGzip({ level: 1 })) : lines
}
