import { isUtf8 } from 'node:buffer'

/** Levels of arrays and objects in a body; a segment, the deepest of them, needs a quarter. */
export const DEEPEST_LEVEL = 64

/**
 * A string that does not end takes the rest of the text. If it did not match, the search would go
 * on at each quote behind it, and a body of quotes and backslashes would hold the process.
 */
const MARKS = /"(?:[^"\\]|\\.)*(?:"|\\?$)|[{}[\]:]/gsu

export type JsonFault =
  /** What walks a value level by level, ours and others' code alike, would run out of stack. */
  | { kind: 'too-deep' }
  /** `JSON.parse` keeps the last value of the member and drops the others without a word. */
  | { kind: 'member-repeated'; name: string }

/** Two spellings of one name are one name; an escape that cannot be read is left to the parser. */
const nameOf = (quoted: string): string => {
  if (!quoted.includes('\\')) return quoted.slice(1, -1)
  try {
    return JSON.parse(quoted) as string
  } catch {
    return quoted
  }
}

/**
 * The first thing in a JSON text that a parser takes and that must not be taken: levels past
 * `DEEPEST_LEVEL`, or an object with two members of one name, at any level. Reads the text once.
 * Null: there is none, though the text may still be no JSON.
 */
export const faultOfJson = (text: string): JsonFault | null => {
  /** For each open bracket the names of its members; null in an array. */
  const open: (Set<string> | null)[] = []
  let last = ''
  for (const [mark] of text.matchAll(MARKS)) {
    if (mark === '{' || mark === '[') {
      if (open.push(mark === '{' ? new Set() : null) > DEEPEST_LEVEL) return { kind: 'too-deep' }
    } else if (mark === '}' || mark === ']') open.pop()
    else if (mark !== ':') last = mark
    else {
      const names = open.at(-1)
      const name = nameOf(last)
      if (names?.has(name)) return { kind: 'member-repeated', name }
      names?.add(name)
    }
  }
  return null
}

/** The text of a body; null where its bytes are no UTF-8, which a decoder would replace. */
export const textOfBytes = (bytes: Buffer): string | null =>
  isUtf8(bytes) ? bytes.toString() : null
