import { membersOf } from './json-members.ts'

const BLANK_AFTER_KEY = /"[ \t\r\n]+:/u

/**
 * Counts the members of the element and of everything nested in it. The count is too high if a
 * string value contains a quote before a colon, or begins with a colon. It is too low if white
 * space is between a key and its colon.
 */
const countMembers = (text: string): number => {
  let members = 0
  for (let at = text.indexOf('":'); at >= 0; at = text.indexOf('":', at + 2)) members += 1
  return members
}

/**
 * Finds a key that occurs more than once in the object whose JSON is `text`. null: no key does.
 * `keys`: the keys that `JSON.parse` returned. `JSON.parse` silently keeps only the last value of a
 * repeated key, so a person in an earlier value would not be suppressed.
 */
export const findRepeatedKey = (text: string, keys: readonly string[]): string | null => {
  if (countMembers(text) === keys.length && !BLANK_AFTER_KEY.test(text)) return null
  const seen = new Set<string>()
  for (const { name } of membersOf(text)) {
    if (seen.has(name)) return name
    seen.add(name)
  }
  return null
}
