/**
 * The characters at the start of a cell by which a spreadsheet recognises a formula. `=`, `+`, `-`
 * and `@` count in their full-width form too.
 */
const FORMULA = /^[=+@\t\r\n\0\uff1d\uff0b\uff0d\uff20-]/u
/**
 * Text that a spreadsheet may read as a number, a time or a date. The spreadsheet saves such a cell
 * in another form: leading zeros are lost, and long numbers are rounded. English and German
 * spreadsheets read points and commas differently, so every combination of digits and the marks in
 * this expression counts.
 */
const NUMBER = /^[\d\s.,:/%-]+$/u
const SCIENTIFIC = /^\d+(?:[.,]\d+)?e[+-]?\d+$/iu
const DATE =
  /^(?:\d{1,4}[\s./-]*)?(?:jan|feb|mar|mär|apr|may|mai|jun|jul|aug|sep|oct|okt|nov|dec|dez)[a-zä]*[\s./-]*\d{0,4}$/iu
const TRUTH = /^(?:true|false|wahr|falsch)$/iu
/** An integer that every spreadsheet shows and saves in full. */
const PLAIN_INTEGER = /^(?:0|[1-9]\d{0,9})$/u
const HAS_DIGIT = /\d/u

const isReadAsOther = (cell: string): boolean => {
  // A cell that already begins with an apostrophe gets a guard too, because some spreadsheets take
  // a leading apostrophe as a mark for text, and remove it.
  if (cell.startsWith("'") || FORMULA.test(cell)) return true
  if (PLAIN_INTEGER.test(cell)) return false
  if (TRUTH.test(cell)) return true
  return HAS_DIGIT.test(cell) && (NUMBER.test(cell) || SCIENTIFIC.test(cell) || DATE.test(cell))
}

/**
 * Puts `'` before a cell that a spreadsheet would run as a formula or may save in another form, and
 * before a cell that already begins with an apostrophe. A spreadsheet can then open and save the
 * file without a change to the cell.
 */
export const guardCell = (cell: string): string => (isReadAsOther(cell) ? `'${cell}` : cell)

/** Undoes `guardCell`. A text whose apostrophe is not a guard stays unchanged. */
export const unguardCell = (cell: string): string =>
  cell.startsWith("'") && isReadAsOther(cell.slice(1)) ? cell.slice(1) : cell
