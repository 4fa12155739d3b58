import type { TextEncoding } from '../../domain/uploads/text-encoding.ts'
import { hasNoCharacter } from './single-byte.ts'

type Mark = { bytes: readonly number[]; encoding: TextEncoding }

/** Byte order marks (Unicode Standard, section 23.8). */
const MARKS: readonly Mark[] = [
  { bytes: [0xef, 0xbb, 0xbf], encoding: 'utf-8' },
  { bytes: [0xff, 0xfe], encoding: 'utf-16le' },
  { bytes: [0xfe, 0xff], encoding: 'utf-16be' },
]

/** The first bytes of files that people send by mistake instead of a text file. */
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

/** Finds the byte order mark at the start of a file. null: the file has no mark. */
export const findMark = (
  first: Uint8Array,
): { encoding: TextEncoding; sizeBytes: number } | null => {
  const mark = MARKS.find(({ bytes }) => startsWith(first, bytes))
  return mark === undefined ? null : { encoding: mark.encoding, sizeBytes: mark.bytes.length }
}

/**
 * Describes a file that is not text, as the end of the sentence "It looks …", with a hint. null:
 * the file may be text.
 */
export const lookOfNoText = (first: Uint8Array): string | null =>
  NO_TEXTS.find(({ bytes }) => startsWith(first, bytes))?.looks ?? null

/** How many bytes are searched for signs of UTF-16 if the file has no mark. */
const LOOKED_AT_BYTES = 4096
/**
 * UTF-16 is detected only if there is at least one zero byte for this many pairs of bytes.
 * Delimiters, digits and line ends are ASCII, and an ASCII character has a zero in one half of its
 * pair.
 */
const PAIRS_PER_ZERO = 8

/**
 * Detects UTF-16 without a mark. In UTF-16, each ASCII character is a pair of bytes with a zero,
 * which is always in the same half of the pair. This half shows the byte order. null: the bytes do
 * not look like UTF-16.
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

/**
 * The size in bytes if the bytes from `at` on look like a character of UTF-8 beyond ASCII.
 * Otherwise 0. Checks only the pattern of the bits.
 */
const sequenceBytes = (bytes: Uint8Array, at: number): number => {
  const lead = bytes[at]!
  const size = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0
  for (let next = 1; next < size; next += 1) {
    if ((bytes[at + next]! & 0xc0) !== 0x80) return 0
  }
  return size
}

/**
 * Western text may contain sequences of bytes that look like UTF-8 by accident: at most one such
 * sequence for this many other bytes beyond ASCII. If there are more, the text is not western.
 */
const STRAYS_PER_SEQUENCE = 10
/**
 * Western words rarely have this many letters beyond ASCII one after another. Words in other
 * alphabets often have them.
 */
const FOREIGN_RUN = 3

/**
 * Whether characters of UTF-8 occur too often to be an accident. If they do, the file mixes
 * encodings or is damaged UTF-8.
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

/**
 * Whether most of the bytes beyond ASCII are in long runs, which is typical of text in another
 * alphabet.
 */
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
 * Whether bytes that are not UTF-8 are text in windows-1252 or ISO 8859-1. They are not if one of
 * these is true:
 * - they have NULs, or bytes for which windows-1252 has no character
 * - they have too many sequences that look like characters of UTF-8 (the file mixes encodings or is
 *   damaged)
 * - most of their letters beyond ASCII are in long runs (the text is in another alphabet)
 */
export const looksWestern = (bytes: Uint8Array): boolean =>
  !bytes.some((byte) => byte === 0 || hasNoCharacter(byte)) &&
  !looksMixed(bytes) &&
  !looksForeign(bytes)
