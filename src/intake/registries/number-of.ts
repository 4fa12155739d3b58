import { callingCodeOfCountry } from '../../domain/phones/phone-country.ts'
import { regionFactsOf } from '../../domain/phones/phone-plans.ts'
import { normalisePhone } from '../../domain/phones/phone.ts'

/** The most digits of a number in E.164. */
export const MOST_DIGITS = 15
const NORTH_AMERICA = '1'
const NORTH_AMERICAN_DIGITS = 10
const FEWEST_NATIONAL = 6
const MOST_NATIONAL = 12

/** The powers of ten up to the most digits of a line. */
export const TENS = Float64Array.from({ length: MOST_DIGITS + 2 }, (_, power) => 10 ** power)

/** The digits of a line. `zeros`: how many of the `digits` are leading zeros. */
export type Written = { value: number; digits: number; zeros: number; plus: boolean }

/**
 * Reads the digits of a line as a number in E.164. null: the digits are not a phone number.
 * 'differs': the number belongs to another country.
 */
type NumberOf = (written: Written) => number | null | 'differs'

/** How the numbers of a country are put together. */
type Parts = {
  /** Whether the digits begin with the country's calling code. */
  begins(value: number, digits: number): boolean
  international(value: number, digits: number): number | null | 'differs'
  /** Puts the calling code before the digits. */
  national(value: number, digits: number): number | null
}

const partsOf = (code: string): Parts => {
  const calling = Number(code)
  const begins = (value: number, digits: number): boolean =>
    digits > code.length && Math.floor(value / TENS[digits - code.length]!) === calling
  return {
    begins,
    international: (value, digits) => {
      if (digits < FEWEST_NATIONAL + 1 || digits > MOST_DIGITS) return null
      if (!begins(value, digits)) return 'differs'
      const isShort = code === NORTH_AMERICA && digits !== NORTH_AMERICAN_DIGITS + 1
      return isShort ? null : value
    },
    national: (value, digits) => {
      const fits = digits >= FEWEST_NATIONAL && digits <= MOST_NATIONAL
      return fits && digits + code.length <= MOST_DIGITS ? calling * TENS[digits]! + value : null
    },
  }
}

const inNorthAmerica =
  ({ begins, international }: Parts): NumberOf =>
  ({ value, digits, zeros, plus }) => {
    if (plus) return international(value, digits)
    if (zeros > 0) return zeros === 2 ? international(value, digits - 2) : null
    if (digits === NORTH_AMERICAN_DIGITS) return value >= 2e9 ? 1e10 + value : null
    return digits === NORTH_AMERICAN_DIGITS + 1 && begins(value, digits) ? value : null
  }

/**
 * Reads the digits as a contact's number is read, so that both are the same number. null: the
 * digits are not exactly one valid number of the country.
 */
const createAsContact =
  (country: string, { begins }: Parts) =>
  (text: string): number | null => {
    const read = normalisePhone(text, { region: country, plus: 'reject' })
    const number = read.ok ? Number(read.e164.slice(1)) : 0
    return read.ok && begins(number, read.e164.length - 1) ? number : null
  }

/**
 * For a country outside North America. Most lines need only arithmetic: the calling code is put
 * before the digits, without the 0 of a trunk call. Other lines are read as a contact's number is
 * read. The arithmetic is wrong for many of them, and a person on the registry would then be
 * called:
 * - lines with a 0 or an 8 that this country does not use for trunk calls (in Italy and Ivory
 *   Coast, the 0 belongs to the number)
 * - lines that begin with the calling code (mobile numbers begin with 39 in Italy, and with 91 in
 *   India)
 * - international lines with a 0 after the code
 * - lines with few digits, or with a length that no number of the country has
 * - lines of a country that replaces some prefixes (in Argentina, 011 15 stands for +54 9 11)
 */
const elsewhere = (country: string, code: string, parts: Parts): NumberOf => {
  const { begins, international, national } = parts
  const { trunk = null, rewrites = false, lengths = [] } = regionFactsOf(country) ?? {}
  const asContact = createAsContact(country, parts)
  const abroad = (value: number, digits: number): number | null | 'differs' => {
    const number = international(value, digits)
    if (typeof number !== 'number') return number
    const next = Math.floor(value / TENS[digits - code.length - 1]!) % 10
    return next === 0 ? (asContact(`+${value}`) ?? number) : number
  }
  const isUsual = (digits: number): boolean =>
    !rewrites && digits >= FEWEST_NATIONAL && lengths.includes(digits)
  const withoutZero = (value: number, digits: number): number | null => {
    const isInternational = digits >= code.length + 8 && begins(value, digits)
    const plain = isInternational ? value : national(value, digits)
    const isPlain = (trunk === null || trunk === '0') && !begins(value, digits) && isUsual(digits)
    return isPlain || digits > MOST_DIGITS ? plain : (asContact(String(value)) ?? plain)
  }
  return ({ value, digits, zeros, plus }) => {
    if (plus) return abroad(value, digits)
    if (zeros === 2) return abroad(value, digits - 2)
    if (zeros > 2) return null
    if (zeros === 0) return withoutZero(value, digits)
    const plain = national(value, digits - 1)
    const isPlain = trunk === '0' && isUsual(digits - 1)
    return isPlain || digits > MOST_DIGITS ? plain : (asContact(`0${value}`) ?? plain)
  }
}

/** Makes the function that reads the lines of a registry of this country. */
export const createNumberOf = (country: string): NumberOf => {
  const code = callingCodeOfCountry(country)
  if (code === null) throw new Error(`There is no country ${country}`)
  const parts = partsOf(code)
  return code === NORTH_AMERICA ? inNorthAmerica(parts) : elsewhere(country, code, parts)
}
