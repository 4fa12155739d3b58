import { withoutUnseen } from '../text/unseen-characters.ts'

const ASCII_ONLY = /^[\0-\x7f]*$/u
const DASHES = /[\u2010-\u2015\u2212\u30fc]/gu
const TILDES = /[\u2053\u223c\u301c]/gu
const FULL_WIDTH = /[\uff01-\uff5e]/gu
const FULL_WIDTH_TO_ASCII = 0xfee0
/** Digits that the library reads beside those of ASCII, by their first codes. */
const DIGITS = /[\u0660-\u0669\u06f0-\u06f9]/gu
const LINE_ENDS = /[\n\v\f\r\u2028\u2029]+/gu
const BLANKS = /[^\S\n]|\u2800/gu

const asAscii = (text: string): string =>
  withoutUnseen(text)
    .replace(DIGITS, (digit) => String(digit.charCodeAt(0) & 0xf))
    .replace(FULL_WIDTH, (wide) => String.fromCharCode(wide.charCodeAt(0) - FULL_WIDTH_TO_ASCII))
    .replace(DASHES, '-')
    .replace(TILDES, '~')

/** A bracket before the plus sign, as in `(+44) 121 …`: it opens nothing that means anything. */
const BRACKETED_PLUS = /^[([ ]+\+/u

/**
 * A cell's phone in the usual characters of numbers: without invisible marks, with every space as a
 * plain space, and with dashes, brackets and digits of other scripts as those of ASCII. Line ends
 * inside stay as `\n`.
 */
export const plainPhoneText = (written: string): string => {
  const text = ASCII_ONLY.test(written) ? written : asAscii(written)
  return text.replace(LINE_ENDS, '\n').replace(BLANKS, ' ').trim().replace(BRACKETED_PLUS, '+')
}

/** The only point or comma, and zeros after it up to the end, or one after thousands separators. */
const DECIMAL_TAIL = /^(?<number>[^.,]*\d)[.,]0+$/u
const GROUPED_TAIL = /^(?<number>\+?\d{1,3}(?:(?:\.\d{3})+(?=,)|(?:,\d{3})+(?=\.)))[.,]0+$/u

/**
 * A number that a spreadsheet wrote with decimals (`4155552671.0`), without them. null if it has
 * none.
 */
export const withoutDecimals = (text: string): string | null => {
  const tail = DECIMAL_TAIL.exec(text) ?? GROUPED_TAIL.exec(text)
  return tail === null ? null : tail.groups!['number']!.replace(/[.,]/gu, '')
}

const GLOBAL_CONTEXT = /^\+[\d\-.()]*\d[\d\-.()]*$/u

/**
 * A number written as a URI (RFC 3966), as the number and its extension. The context precedes a
 * local number if it is a country's. A subaddress is not dialled. null: a number that is valid only
 * within a network, or not a URI of this form. The library never gets a context: its pattern for
 * one keeps a place from call to call (ADR 22).
 */
const readUri = (text: string): string | null => {
  const [number = '', ...parameters] = text.split(';')
  const values = new Map(
    parameters.map((parameter) => {
      const [name = '', ...value] = parameter.split('=')
      return [name.trim().toLowerCase(), value.join('=').trim()]
    }),
  )
  const context = values.get('phone-context')
  const extension = values.get('ext')
  if (values.size !== parameters.length) return null
  for (const name of values.keys())
    if (!['phone-context', 'ext', 'isub'].includes(name)) return null
  if (context !== undefined && (number.startsWith('+') || !GLOBAL_CONTEXT.test(context)))
    return null
  const whole = context === undefined ? number : `${context}-${number}`
  return extension === undefined ? whole : `${whole};ext=${extension}`
}

/** The number of a cell that may be written as a URI. null if the URI leads to no number. */
export const withoutUri = (text: string): string | null => {
  const [, scheme, rest = ''] = /^(tel:)?\s*(.*)$/isu.exec(text) ?? []
  if (scheme === undefined && !/;\s*phone-context\s*=/iu.test(rest)) return text
  return rest.includes(';') ? readUri(rest) : rest
}
