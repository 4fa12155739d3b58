/**
 * How deeply arrays and objects may nest in a body. Of all bodies, segments nest most deeply, and
 * need about a quarter of this limit.
 */
export const DEEPEST_LEVEL = 64

/**
 * Matches strings, brackets and colons. A string without an end matches to the end of the text. If
 * it did not match, the search would begin again at each quote in the string, and a body of quotes
 * and backslashes would block the process.
 */
const MARKS = /"(?:[^"\\]|\\.)*(?:"|\\?$)|[{}[\]:]/gsu

export type JsonFault =
  /**
   * The nesting is deeper than `DEEPEST_LEVEL`. Without a limit, code of the gateway or of a
   * library that walks through the value could overflow the stack.
   */
  | { kind: 'too-deep' }
  /**
   * An object has two members of one name. `JSON.parse` would silently keep only the last value.
   */
  | {
      kind: 'member-repeated'
      name: string
      /** 1: the member is in the outermost object. */
      level: number
    }

/**
 * The name of a member. Two spellings of a name count as one name. A name whose escapes cannot be
 * read stays unchanged, because the parser will refuse it.
 */
const nameOf = (quoted: string): string => {
  if (!quoted.includes('\\')) return quoted.slice(1, -1)
  try {
    return JSON.parse(quoted) as string
  } catch {
    return quoted
  }
}

/**
 * Finds a fault that a JSON parser accepts: nesting beyond `DEEPEST_LEVEL`, or two members of one
 * name in an object. Returns the first fault, and reads the text only once. null: there is no such
 * fault, but the text may still be invalid JSON.
 */
export const faultOfJson = (text: string): JsonFault | null => {
  /** For each open bracket, the names of the members so far. null: the bracket opens an array. */
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
      if (names?.has(name)) return { kind: 'member-repeated', name, level: open.length }
      names?.add(name)
    }
  }
  return null
}
