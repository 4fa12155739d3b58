import { withoutUnseen } from '../text/unseen-characters.ts'

const ASCII_ONLY = /^[\0-\x7f]*$/u
const DASHES = /[\u2010-\u2015\u2212\u30fc]/gu
const TILDES = /[\u2053\u223c\u301c]/gu
const FULL_WIDTH = /[\uff01-\uff5e]/gu
const FULL_WIDTH_TO_ASCII = 0xfee0
/**
 * The digits of other scripts that the library reads as digits: Arabic-Indic and Extended
 * Arabic-Indic.
 */
const DIGITS = /[\u0660-\u0669\u06f0-\u06f9]/gu
const LINE_ENDS = /[\n\v\f\r\u2028\u2029]+/gu
const BLANKS = /[^\S\n]|\u2800/gu

const asAscii = (text: string): string =>
  withoutUnseen(text)
    .replace(DIGITS, (digit) => String(digit.charCodeAt(0) & 0xf))
    .replace(FULL_WIDTH, (wide) => String.fromCharCode(wide.charCodeAt(0) - FULL_WIDTH_TO_ASCII))
    .replace(DASHES, '-')
    .replace(TILDES, '~')

/** A bracket before the plus sign, as in `(+44) 121 …`. It has no meaning. */
const BRACKETED_PLUS = /^[([ ]+\+/u

/**
 * A cell's phone number in ordinary characters, without white space at its ends. Invisible
 * characters are removed, and spaces become plain spaces. Dashes, tildes, full-width characters and
 * Arabic digits become ASCII. Line ends inside the text become `\n`. A bracket before the plus sign
 * is removed.
 */
export const plainPhoneText = (written: string): string => {
  const text = ASCII_ONLY.test(written) ? written : asAscii(written)
  return text.replace(LINE_ENDS, '\n').replace(BLANKS, ' ').trim().replace(BRACKETED_PLUS, '+')
}

/**
 * Decimals at the end of a number: a point or comma, and then only zeros. `DECIMAL_TAIL`: the text
 * has no other point or comma. `GROUPED_TAIL`: the number has thousands separators.
 */
const DECIMAL_TAIL = /^(?<number>[^.,]*\d)[.,]0+$/u
const GROUPED_TAIL = /^(?<number>\+?\d{1,3}(?:(?:\.\d{3})+(?=,)|(?:,\d{3})+(?=\.)))[.,]0+$/u

/**
 * The number without the decimals that a spreadsheet added (`4155552671.0`). null: the text has no
 * such decimals.
 */
export const withoutDecimals = (text: string): string | null => {
  const tail = DECIMAL_TAIL.exec(text) ?? GROUPED_TAIL.exec(text)
  return tail === null ? null : tail.groups!['number']!.replace(/[.,]/gu, '')
}

/**
 * This expression needs only one pass, because the characters before the first digit cannot be
 * digits.
 */
const GLOBAL_CONTEXT = /^\+[-.()]*\d[\d\-.()]*$/u

/**
 * A number and its extension from a URI (RFC 3966). If the context is a country code, it is put
 * before a local number. A subaddress is left out, because it is not dialled. null: the number is
 * valid only within a network, a parameter is repeated or unknown, or the URI has a context
 * although its number has a plus sign. The library never gets a context, because its pattern for a
 * context keeps state from call to call (ADR 22).
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

/**
 * The number in a cell that may be written as a URI. null: the URI does not name a number that can
 * be dialled.
 */
export const withoutUri = (text: string): string | null => {
  const [, scheme, rest = ''] = /^(tel:)?\s*(.*)$/isu.exec(text) ?? []
  if (scheme === undefined && !/;\s*phone-context\s*=/iu.test(rest)) return text
  return rest.includes(';') ? readUri(rest) : rest
}
