import {
  getCountries,
  getCountryCallingCode,
  parsePhoneNumberFromString,
} from 'libphonenumber-js/max'
import type { CountryCode } from 'libphonenumber-js/max'

/** The countries of each calling code. */
const countriesOf = new Map<string, CountryCode[]>()
for (const country of getCountries()) {
  const code = getCountryCallingCode(country)
  countriesOf.set(code, [...(countriesOf.get(code) ?? []), country])
}

/**
 * How many digits after the plus sign decide the country. In North America, these are the calling
 * code, the area code and one more digit. Elsewhere, nearly all digits are needed.
 */
const NORTH_AMERICAN_DIGITS = 5
const OTHER_DIGITS = 10
/** The most entries of a cache. The limit keeps hostile input from filling the memory. */
const MOST_KNOWN = 50_000
const known = new Map<string, string | null>()

const callingCodeOf = (e164: string): string | null => {
  for (const length of [1, 2, 3]) {
    const code = e164.slice(1, 1 + length)
    if (countriesOf.has(code)) return code
  }
  return null
}

/** The calling code of a country, such as 44. null: the library does not have this country. */
export const callingCodeOfCountry = (country: string): string | null => {
  const found = [...countriesOf].find(([, countries]) => (countries as string[]).includes(country))
  return found?.[0] ?? null
}

/**
 * The country (ISO 3166-1, two capital letters) of a valid number in E.164. null if the number
 * belongs to no country, such as +800.
 */
export const countryOfPhone = (e164: string): string | null => {
  const code = callingCodeOf(e164)
  if (code === null) return null
  const countries = countriesOf.get(code)!
  if (countries.length === 1) return countries[0]!
  const digits = code === '1' ? NORTH_AMERICAN_DIGITS : OTHER_DIGITS
  const prefix = e164.slice(0, digits + 1)
  const before = known.get(prefix)
  if (before !== undefined) return before
  const country = parsePhoneNumberFromString(e164)?.country ?? null
  if (known.size >= MOST_KNOWN) known.clear()
  known.set(prefix, country)
  return country
}

const byLead = new Map<number, readonly string[]>()
const NORTH_AMERICAN = { from: 1e10, to: 2e10 }
const NO_COUNTRIES: readonly string[] = []

/**
 * The leading digits by which `countriesOfNumber` caches its answers. In North America, these are
 * the digits that decide the country. Elsewhere, they are the first three, which include the
 * calling code.
 */
const leadOf = (number: number): number => {
  if (number >= NORTH_AMERICAN.from && number < NORTH_AMERICAN.to) return Math.floor(number / 1e6)
  let lead = number
  while (lead >= 1_000) lead = Math.floor(lead / 10)
  return lead
}

/**
 * The countries to which a number (E.164 as a whole number) may belong. For a number of North
 * America, returns its country, or none. For any other number, returns all countries that share the
 * calling code. The function is fast enough for millions of numbers, because it caches answers by
 * leading digits.
 */
export const countriesOfNumber = (number: number): readonly string[] => {
  const lead = leadOf(number)
  const before = byLead.get(lead)
  if (before !== undefined) return before
  const e164 = `+${number}`
  const code = callingCodeOf(e164)
  const country = code === '1' ? countryOfPhone(e164) : null
  const alone = country === null ? NO_COUNTRIES : [country]
  const found = code === '1' || code === null ? alone : countriesOf.get(code)!
  if (byLead.size >= MOST_KNOWN) byLead.clear()
  byLead.set(lead, found)
  return found
}
