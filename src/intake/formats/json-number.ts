/**
 * Whether JSON may contain a number that `JSON.parse` changes: one with more than 15 digits, or
 * with an exponent of three digits. Most JSON has none, so its numbers need not be compared.
 */
export const mayRound = (json: string): boolean => /\d[\d.]{15}|[eE][+-]?\d{3}/u.test(json)

/**
 * The number as it was sent, if `JSON.parse` changed it, so that no digit is lost. Otherwise the
 * shortest text of the number: `1.50` becomes `1.5`. `source`: the number as it was sent.
 */
export const exactNumber = (value: number, source: string): string => {
  const short = String(value)
  return decimalOf(short) === decimalOf(source) ? short : source
}

/** The digits of a number without zeros at their ends, and its power of ten. Without the sign. */
const decimalOf = (number: string): string => {
  const [mantissa = '', exponent = '0'] = number.toLowerCase().split('e')
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.')
  const digits = whole + fraction
  const from = digits.search(/[1-9]/u)
  if (from < 0) return '0'
  let to = digits.length
  while (digits[to - 1] === '0') to -= 1
  return `${digits.slice(from, to)}e${Number(exponent) - fraction.length + digits.length - to}`
}
