/**
 * Invisible characters, such as direction marks, joiners, variation selectors and fillers. Text
 * that was copied from a page or a chat may contain them. Phones, emails, ids and headers use this
 * one list. Source: Unicode, Default_Ignorable_Code_Point.
 */
const UNSEEN = /\p{Default_Ignorable_Code_Point}/u
const ALL_UNSEEN = /\p{Default_Ignorable_Code_Point}/gu
/**
 * Matches a visible character. Test only text from which the characters of `UNSEEN` were removed.
 * White space (by the rules of String.trim) is not visible. The blank Braille pattern is not
 * visible either, although Unicode counts it as a symbol.
 */
const SHOWS = /[^\s\u2800]/u
const SPACE = 0x20
const DELETE = 0x7f

/** Whether the text has an invisible character. White space does not count. */
export const holdsUnseen = (text: string): boolean => UNSEEN.test(text)

/** Removes the invisible characters everywhere in the text. White space stays. */
export const withoutUnseen = (text: string): string =>
  holdsUnseen(text) ? text.replace(ALL_UNSEEN, '') : text

/** Whether a cell has no visible character. The gateway treats such a cell as empty. */
export const isBlank = (text: string): boolean => {
  if (text === '') return true
  // Most cells begin with a visible character of ASCII. The expressions are much slower.
  const first = text.charCodeAt(0)
  if (first > SPACE && first < DELETE) return false
  return !SHOWS.test(withoutUnseen(text))
}

/** The text without white space and invisible characters at its ends. */
export const trimUnseen = (text: string): string => {
  const trimmed = text.trim()
  if (!holdsUnseen(trimmed)) return trimmed
  const characters = [...trimmed]
  const from = characters.findIndex((character) => !isBlank(character))
  const to = characters.findLastIndex((character) => !isBlank(character))
  return characters.slice(from, to + 1).join('')
}
