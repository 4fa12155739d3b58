import { inflateSync } from 'node:zlib'

import { withoutNameCodes } from './pdf-text.ts'

/**
 * How many bytes before a stream are searched for its dictionary. Dictionaries of Office programs
 * and scanners have a few hundred bytes.
 */
const DICTIONARY_REACH_BYTES = 16 * 1024

/**
 * The number of an object, before its keyword `obj`. The length is limited. Otherwise the search
 * would begin again at each digit of a number of a million digits.
 */
const OBJECT_NUMBER = /(?<!\d)(\d{1,10})\s{1,20}\d{1,10}\s{0,20}$/u

export type PdfStream = {
  /** The number of the object that the stream belongs to. null: the number cannot be read. */
  object: string | null
  /** The dictionary before the stream. Codes in names (#xx) are replaced by their letters. */
  dictionary: string
  /** The position where the data begins. */
  from: number
}

/**
 * Finds every stream that some reader could find, even a stream inside another. Searches for the
 * keyword and ignores the stated lengths, which may be false.
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
 * Whether the stream contains objects: its type is `ObjStm`, or its dictionary has the entries
 * `First` and `N`. Readers use these two entries, whatever type the dictionary states.
 */
export const holdsObjects = ({ dictionary }: PdfStream): boolean =>
  /\/ObjStm\b/u.test(dictionary) || (/\/First\b/u.test(dictionary) && /\/N\b/u.test(dictionary))

/**
 * Unpacks the content of the stream. null: the content is packed in a way that cannot be inspected,
 * is damaged, or unpacks to more than `maxBytes`.
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
    // Bytes after the packed data are ignored. If the end of the packed data is missing, the
    // content unpacked so far is returned.
    return inflateSync(bytes.subarray(from), { maxOutputLength: maxBytes, finishFlush: 2 })
  } catch {
    return null
  }
}
