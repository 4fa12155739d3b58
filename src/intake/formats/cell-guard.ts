/** What a spreadsheet takes for a formula, also in full width. */
const FORMULA = /^[=+@\t\r\n\0\uff1d\uff0b\uff0d\uff20-]/u
/**
 * What a spreadsheet takes for a number, a time or a date and writes back in its own way: zeros in
 * front and behind fall off, long numbers are rounded. English and German ones differ in what
 * points and commas mean, so anything of digits and their marks counts.
 */
const NUMBER = /^[\d\s.,:/%-]+$/u
const SCIENTIFIC = /^\d+(?:[.,]\d+)?e[+-]?\d+$/iu
const DATE =
  /^(?:\d{1,4}[\s./-]*)?(?:jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-zä]*[\s./-]*\d{0,4}$/iu
const TRUTH = /^(?:true|false|wahr|falsch)$/iu
/** As long as the cell of any spreadsheet shows whole. */
const PLAIN_INTEGER = /^(?:0|[1-9]\d{0,9})$/u
const HAS_DIGIT = /\d/u

const isReadAsOther = (cell: string): boolean => {
  // An apostrophe of its own is dropped by some spreadsheets as the mark of a text.
  if (cell.startsWith("'") || FORMULA.test(cell)) return true
  if (PLAIN_INTEGER.test(cell)) return false
  if (TRUTH.test(cell)) return true
  return HAS_DIGIT.test(cell) && (NUMBER.test(cell) || SCIENTIFIC.test(cell) || DATE.test(cell))
}

/**
 * The cell in a form that a spreadsheet may open and save: with one `'` before anything that it
 * would run, or read as anything but text.
 */
export const guardCell = (cell: string): string => (isReadAsOther(cell) ? `'${cell}` : cell)

/** Undoes `guardCell`. A text that merely begins with an apostrophe stays. */
export const unguardCell = (cell: string): string =>
  cell.startsWith("'") && isReadAsOther(cell.slice(1)) ? cell.slice(1) : cell
