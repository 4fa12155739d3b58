import { FEWEST_WHOLE_DIGITS } from './phone-reader.ts'

/** Whether a text is a complete number by itself, and not only an area code. */
export type IsWholeNumber = (text: string) => boolean

const DIVIDERS = new Set('/([~,;|&\\\n+')
/**
 * Matches the rest of the text after a dividing mark, if this rest has only digits and punctuation.
 * A rest with other characters is an extension.
 */
const MORE_DIGITS = /^[\s()[\]./+-]*\d[\d\s()[\]./~,;|&\\+-]*$/u
/** Pauses before an extension. Phones dial them as pauses. */
const PAUSE = /,[,;]|;,/u
/** A second ending after the first, as in `12345-0 -15`. */
const SECOND_ENDING = /-\d{1,2}(?<gap>\s+)-\s?\d{1,5}$/u
const WORDS = /\s(?:or|and|oder|und|bzw\.?|ou|et|ed?|o|oppure|y|of|en)\s/iu
/** The characters with which a complete number may begin. */
const BEGINS_NUMBER = /^[+(0]/u

const digitsIn = (text: string): number => text.replace(/\D/gu, '').length

const isPause = (text: string, at: number): boolean =>
  PAUSE.test(text.slice(Math.max(0, at - 1), at + 2))

/** The places where a first number may end, if a second number or another ending follows. */
const ends = function* (text: string): Generator<number> {
  for (let at = 1; at < text.length; at += 1) {
    if (!DIVIDERS.has(text[at]!) || isPause(text, at)) continue
    if (MORE_DIGITS.test(text.slice(at + 1))) yield at
  }
  const second = SECOND_ENDING.exec(text)
  if (second !== null) yield text.length - second[0].length + second[0].search(/\s/u)
  // The zeros may be the last group of the number (`01.42.27.81.00`) or the extension of a
  // switchboard (`089.12345.0`).
  const zeros = /\.0+$/u.exec(text)
  if (zeros !== null) yield zeros.index
}

/** Whether the text is two complete numbers with only a space between them. */
const isPair = (text: string, isWhole: IsWholeNumber): boolean => {
  for (let at = text.indexOf(' '); at > 0; at = text.indexOf(' ', at + 1)) {
    const [one, two] = [text.slice(0, at), text.slice(at + 1).trimStart()]
    if (!BEGINS_NUMBER.test(two) || digitsIn(two) < FEWEST_WHOLE_DIGITS) continue
    if (digitsIn(one) >= FEWEST_WHOLE_DIGITS && isWhole(one) && isWhole(two)) return true
  }
  return false
}

/**
 * Whether a cell holds several numbers, or one number with another ending (`12345-0/-15`). The main
 * sign of this is that the text before a dividing mark is already a complete number. If all digits
 * were read as one number, this number might be valid, but would belong to nobody or to a stranger.
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
