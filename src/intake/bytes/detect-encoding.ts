import type { TextEncoding } from '../../domain/uploads/text-encoding.ts'
import { hasNoCharacter } from './single-byte.ts'

type Mark = { bytes: readonly number[]; encoding: TextEncoding }

/** Byte order marks (Unicode Standard, section 23.8). */
const MARKS: readonly Mark[] = [
  { bytes: [0xef, 0xbb, 0xbf], encoding: 'utf-8' },
  { bytes: [0xff, 0xfe], encoding: 'utf-16le' },
  { bytes: [0xfe, 0xff], encoding: 'utf-16be' },
]

/** First bytes of what people send in place of a text. */
const NO_TEXTS: readonly { bytes: readonly number[]; looks: string }[] = [
  {
    bytes: [0x50, 0x4b, 3, 4],
    looks: 'like a ZIP archive or an Excel workbook (.xlsx). Export it as CSV.',
  },
  {
    bytes: [0xd0, 0xcf, 0x11, 0xe0],
    looks: 'like an Excel workbook or another Office file. Export it as CSV.',
  },
  { bytes: [0x25, 0x50, 0x44, 0x46, 0x2d], looks: 'like a PDF. Export the contacts as CSV.' },
  { bytes: [0x1f, 0x8b], looks: 'compressed twice (gzip). Compress it once.' },
  { bytes: [0x28, 0xb5, 0x2f, 0xfd], looks: 'compressed (zstd). Use gzip, or no compression.' },
  { bytes: [0x42, 0x5a, 0x68], looks: 'compressed (bzip2). Use gzip, or no compression.' },
  { bytes: [0xff, 0xfe, 0, 0], looks: 'like UTF-32. Save it as UTF-8.' },
  { bytes: [0, 0, 0xfe, 0xff], looks: 'like UTF-32. Save it as UTF-8.' },
]

const startsWith = (bytes: Uint8Array, start: readonly number[]): boolean =>
  start.every((byte, at) => bytes[at] === byte)

/** The mark at the start of a file, and its encoding. */
export const findMark = (
  first: Uint8Array,
): { encoding: TextEncoding; sizeBytes: number } | null => {
  const mark = MARKS.find(({ bytes }) => startsWith(first, bytes))
  return mark === undefined ? null : { encoding: mark.encoding, sizeBytes: mark.bytes.length }
}

/**
 * What a file that is not text seems to be, as the end of a sentence with a hint. null: it may be
 * text.
 */
export const lookOfNoText = (first: Uint8Array): string | null =>
  NO_TEXTS.find(({ bytes }) => startsWith(first, bytes))?.looks ?? null

/** How many bytes are searched for UTF-16 without a mark. */
const LOOKED_AT_BYTES = 4096
/**
 * At least one in this many pairs of bytes has a zero, because delimiters, digits and line ends do.
 */
const PAIRS_PER_ZERO = 8

/**
 * The byte order of UTF-16 without a mark, by the zeros of its ASCII characters, which are all in
 * one half of the pairs. null: none.
 */
export const detectUtf16 = (first: Uint8Array): 'utf-16le' | 'utf-16be' | null => {
  const end = Math.min(first.byteLength, LOOKED_AT_BYTES) & ~1
  let high = 0
  let low = 0
  for (let at = 0; at < end; at += 2) {
    if (first[at] === 0) high += 1
    if (first[at + 1] === 0) low += 1
  }
  const least = Math.max(1, end / 2 / PAIRS_PER_ZERO)
  if (low >= least && high === 0) return 'utf-16le'
  return high >= least && low === 0 ? 'utf-16be' : null
}

/** How many bytes from `at` on are one character of UTF-8 beyond ASCII, roughly; 0 = none. */
const sequenceBytes = (bytes: Uint8Array, at: number): number => {
  const lead = bytes[at]!
  const size = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0
  for (let next = 1; next < size; next += 1) {
    if ((bytes[at + next]! & 0xc0) !== 0x80) return 0
  }
  return size
}

/**
 * How many stray bytes there must be for each one that happens to look like a character of UTF-8.
 */
const STRAYS_PER_SEQUENCE = 10
/**
 * This many letters beyond ASCII in a row belong to another alphabet: western words have one or
 * two.
 */
const FOREIGN_RUN = 3

/**
 * Whether characters of UTF-8 occur among the bytes more often than by chance: the file is mixed,
 * or damaged UTF-8.
 */
const looksMixed = (bytes: Uint8Array): boolean => {
  let sequences = 0
  let strays = 0
  for (let at = 0; at < bytes.byteLength; at += 1) {
    if (bytes[at]! < 0x80) continue
    const size = sequenceBytes(bytes, at)
    if (size === 0) strays += 1
    else {
      sequences += 1
      at += size - 1
    }
  }
  return sequences * STRAYS_PER_SEQUENCE > strays
}

/** Whether most of the bytes beyond ASCII are in runs. */
const looksForeign = (bytes: Uint8Array): boolean => {
  let beyond = 0
  let inRuns = 0
  let run = 0
  for (const byte of bytes) {
    run = byte < 0x80 ? 0 : run + 1
    if (run === 0) continue
    beyond += 1
    if (run >= FOREIGN_RUN) inRuns += run === FOREIGN_RUN ? FOREIGN_RUN : 1
  }
  return inRuns * 2 > beyond
}

/**
 * Whether bytes that are not UTF-8 are text in windows-1252 or ISO 8859-1. It is not if there are
 * NULs or bytes without a character, or UTF-8 characters beside invalid bytes (a mixed or damaged
 * file), or long runs beyond ASCII (another alphabet in another encoding).
 */
export const looksWestern = (bytes: Uint8Array): boolean =>
  !bytes.some((byte) => byte === 0 || hasNoCharacter(byte)) &&
  !looksMixed(bytes) &&
  !looksForeign(bytes)
