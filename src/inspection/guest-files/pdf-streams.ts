import { inflateSync } from 'node:zlib'

import { withoutNameCodes } from './pdf-text.ts'

/** No dictionary is longer. Office and scanners write a few hundred bytes. */
const DICTIONARY_REACH_BYTES = 16 * 1024

/** Of an object, before its word `obj`; bounded, as numbers of ten digits are. */
const OBJECT_NUMBER = /(?<!\d)(\d{1,10})\s{1,20}\d{1,10}\s{0,20}$/u

export type PdfStream = {
  /** The number of its object. null: it has none that can be read. */
  object: string | null
  /** The dictionary before it, names without codes. */
  dictionary: string
  /** Where its data begins. */
  from: number
}

/**
 * Every stream that a reader could find, including a stream inside another. Streams are found by
 * their keyword, because their lengths may be false.
 */
export function* streamsOf(text: string): Generator<PdfStream> {
  for (const match of text.matchAll(/stream(?:\r\n|\n|\r)/gu)) {
    if (text.slice(match.index - 3, match.index) === 'end') continue
    const before = text.slice(Math.max(0, match.index - DICTIONARY_REACH_BYTES), match.index)
    const start = before.lastIndexOf('obj')
    const dictionary = withoutNameCodes(start < 0 ? before : before.slice(start + 3))
    const object = OBJECT_NUMBER.exec(before.slice(Math.max(0, start - 64), Math.max(0, start)))
    yield { object: object?.[1] ?? null, dictionary, from: match.index + match[0].length }
  }
}

/**
 * Whether a stream contains objects. Readers find them by these entries, whatever the type says.
 */
export const holdsObjects = ({ dictionary }: PdfStream): boolean =>
  /\/ObjStm\b/u.test(dictionary) || (/\/First\b/u.test(dictionary) && /\/N\b/u.test(dictionary))

/**
 * The content of the stream. null if it is packed in an unreadable way, or unfolds to more than
 * `maxBytes`.
 */
export const unfolded = (bytes: Buffer, stream: PdfStream, maxBytes: number): Buffer | null => {
  const { dictionary, from } = stream
  const filter = /\/(?:Filter|F)\s*(\[[^\]]*\]|\/[A-Za-z0-9]+|\d+\s+\d+\s+R)/u.exec(dictionary)?.[1]
  const names = filter?.match(/\/[A-Za-z0-9]+/gu) ?? []
  if (/\/Predictor\s+(?!1\b)\d/u.test(dictionary)) return null
  if (filter === undefined) {
    const end = bytes.indexOf('endstream', from)
    return end < 0 || end - from > maxBytes ? null : bytes.subarray(from, end)
  }
  if (names.length !== 1 || !/^\/(?:FlateDecode|Fl)$/u.test(names[0] ?? '')) return null
  try {
    // What follows the packed data is left alone; data without an end gives what is there.
    return inflateSync(bytes.subarray(from), { maxOutputLength: maxBytes, finishFlush: 2 })
  } catch {
    return null
  }
}
