/**
 * Invisible characters that are not letters: direction marks, joiners, variant selectors, fillers.
 * They come with text copied from a page or a chat. One list for phones, emails, ids and headers.
 * Source: Unicode, Default_Ignorable_Code_Point.
 */
const UNSEEN = /\p{Default_Ignorable_Code_Point}/u
const ALL_UNSEEN = /\p{Default_Ignorable_Code_Point}/gu
/**
 * White space by the rules of String.trim, and the blank pattern of Braille, which is a symbol to
 * Unicode and shows as a space.
 */
const SHOWS = /[^\s\u2800]/u

export const holdsUnseen = (text: string): boolean => UNSEEN.test(text)

export const withoutUnseen = (text: string): string =>
  holdsUnseen(text) ? text.replace(ALL_UNSEEN, '') : text

/** Whether a cell shows nothing: such a cell is an empty one. */
export const isBlank = (text: string): boolean => text === '' || !SHOWS.test(withoutUnseen(text))

/** The text without white space and unseen characters at its ends. */
export const trimUnseen = (text: string): string => {
  const trimmed = text.trim()
  if (!holdsUnseen(trimmed)) return trimmed
  const characters = [...trimmed]
  const from = characters.findIndex((character) => !isBlank(character))
  const to = characters.findLastIndex((character) => !isBlank(character))
  return characters.slice(from, to + 1).join('')
}
