const MARKS = /"(?:[^"\\]|\\.)*"|[{}[\]:]/gsu
const BLANK_AFTER_KEY = /"[ \t\r\n]+:/u

/**
 * Counts the members of the element and of what is nested in it. Counts more if a value has a quote
 * before a colon.
 */
const countMembers = (text: string): number => {
  let members = 0
  for (let at = text.indexOf('":'); at >= 0; at = text.indexOf('":', at + 2)) members += 1
  return members
}

/** The names of the element's own members, as often as they occur there. */
function* memberNames(text: string): Generator<string> {
  let depth = 0
  let last = ''
  for (const [mark] of text.matchAll(MARKS)) {
    if (mark === '{' || mark === '[') depth += 1
    else if (mark === '}' || mark === ']') depth -= 1
    else if (mark !== ':') last = mark
    else if (depth === 1) yield JSON.parse(last) as string
  }
}

/**
 * A key that appears more than once in the object whose JSON is `text`. null: none does. `keys` are
 * those that `JSON.parse` kept: it keeps the last value of each and drops the others silently, so a
 * person named in a dropped one would not be suppressed.
 */
export const findRepeatedKey = (text: string, keys: readonly string[]): string | null => {
  if (countMembers(text) === keys.length && !BLANK_AFTER_KEY.test(text)) return null
  const seen = new Set<string>()
  for (const name of memberNames(text)) {
    if (seen.has(name)) return name
    seen.add(name)
  }
  return null
}
