import { FEWEST_WHOLE_DIGITS } from './phone-reader.ts'

/** Whether a text is a whole number by itself, with more digits than an area code. */
export type IsWholeNumber = (text: string) => boolean

const DIVIDERS = new Set('/([~,;|&\\\n+')
/** What must follow a divider for it to divide: text that is not an extension. */
const MORE_DIGITS = /^[\s()[\]./+-]*\d[\d\s()[\]./~,;|&\\+-]*$/u
/** Pauses before an extension, as phones dial them. */
const PAUSE = /,[,;]|;,/u
/** A second ending behind the first, `12345-0 -15`. */
const SECOND_ENDING = /-\d{1,2}(?<gap>\s+)-\s?\d{1,5}$/u
const WORDS = /\s(?:or|and|oder|und|bzw\.?|ou|et|ed?|o|oppure|y|of|en)\s/iu
/** How a number begins that is written as a whole. */
const BEGINS_NUMBER = /^[+(0]/u

const digitsIn = (text: string): number => text.replace(/\D/gu, '').length

const isPause = (text: string, at: number): boolean =>
  PAUSE.test(text.slice(Math.max(0, at - 1), at + 2))

/** Where the first number would end, if a second one or another ending followed it. */
const ends = function* (text: string): Generator<number> {
  for (let at = 1; at < text.length; at += 1) {
    const mark = text[at]!
    const rest = text.slice(at + 1)
    if (DIVIDERS.has(mark) && !isPause(text, at) && MORE_DIGITS.test(rest)) yield at
  }
  const second = SECOND_ENDING.exec(text)
  if (second !== null) yield text.length - second[0].length + second[0].search(/\s/u)
  // `01.42.27.81.00` ends in a group of zeros, `089.12345.0` in the number of the switchboard.
  const zeros = /\.0+$/u.exec(text)
  if (zeros !== null) yield zeros.index
}

/** Two whole numbers with nothing but a space between them. */
const isPair = (text: string, isWhole: IsWholeNumber): boolean => {
  for (let at = text.indexOf(' '); at > 0; at = text.indexOf(' ', at + 1)) {
    const [one, two] = [text.slice(0, at), text.slice(at + 1).trimStart()]
    if (!BEGINS_NUMBER.test(two) || digitsIn(two) < FEWEST_WHOLE_DIGITS) continue
    if (digitsIn(one) >= FEWEST_WHOLE_DIGITS && isWhole(one) && isWhole(two)) return true
  }
  return false
}

/**
 * Whether a cell holds more than one number, or a number and an alternative ending (`12345-0/-15`):
 * the text before a dividing mark is already a whole number. The joined digits may still be valid
 * by the metadata, but belong to nobody or to a stranger.
 */
export const holdsSeveral = (text: string, isWhole: IsWholeNumber): boolean => {
  if (digitsIn(text) <= FEWEST_WHOLE_DIGITS) return false
  const words = text.split(WORDS)
  if (words.length > 1 && words.every((part) => isWhole(part.trim()))) return true
  for (const end of ends(text)) {
    const before = text.slice(0, end).trimEnd()
    if (digitsIn(before) >= FEWEST_WHOLE_DIGITS && isWhole(before)) return true
  }
  return isPair(text, isWhole)
}
