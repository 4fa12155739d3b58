import { isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/max'
import type { CountryCode, PhoneNumber } from 'libphonenumber-js/max'

import { LONGEST_E164_DIGITS, NORTH_AMERICA, NORTH_AMERICAN_LOCAL_DIGITS } from './phone-direct.ts'
import { regionFactsOf } from './phone-plans.ts'
import { ANY_DIGIT, WHOLE_DIGITS, readingOf } from './phone-readings.ts'
import type { PhoneTerms } from './phone-readings.ts'
import { EMERGENCY_CODES, SHORT_DIGITS } from './phone-short-codes.ts'

/** Why a text that is one number and nothing else is refused. */
export type PhoneRefusal =
  | 'phone-invalid'
  | 'phone-short-or-emergency'
  | 'phone-plus-lost'
  | 'phone-local-only'

export type LibraryAnswer =
  | { ok: true; e164: string; ext: string | null }
  | { ok: false; code: PhoneRefusal }

const refused = (code: PhoneRefusal): LibraryAnswer => ({ ok: false, code })

const emergencyCodes = new Set(EMERGENCY_CODES)

/**
 * Whether the library can complete national numbers of the region (ISO 3166-1, two capital
 * letters).
 */
export const isPhoneRegion = (region: string): boolean => isSupportedCountry(region)

const parse = (text: string, region: string): PhoneNumber | undefined =>
  parsePhoneNumberFromString(text, { defaultCountry: region as CountryCode, extract: false })

const judged = (parsed: PhoneNumber | undefined, text: string, written: string): LibraryAnswer => {
  if (parsed === undefined) {
    const short = written.length > 0 && /^\+?\d{1,6}$/.test(text)
    return refused(short ? 'phone-short-or-emergency' : 'phone-invalid')
  }
  const { countryCallingCode: callingCode, number: e164, nationalNumber: national } = parsed
  if (emergencyCodes.has(national)) return refused('phone-short-or-emergency')
  if (callingCode === NORTH_AMERICA && national.length === NORTH_AMERICAN_LOCAL_DIGITS) {
    return refused('phone-local-only')
  }
  if (!parsed.isValid()) {
    return refused(national.length <= SHORT_DIGITS ? 'phone-short-or-emergency' : 'phone-invalid')
  }
  if (callingCode.length + national.length > LONGEST_E164_DIGITS) return refused('phone-invalid')
  return { ok: true, e164, ext: parsed.ext ?? null }
}

const isLocal = (answer: LibraryAnswer): boolean => !answer.ok && answer.code === 'phone-local-only'

const isValid = (e164: string): boolean => parse(e164, 'US')?.isValid() ?? false

/**
 * Whether the number is not a mobile number, and its plan has no fixed length for such numbers.
 * `isOpen` in `phone-readings.ts` does the same on digits.
 */
const isOpen = (e164: string): boolean =>
  parse(e164, 'US')?.getType() !== 'MOBILE' &&
  isValid(e164.slice(0, -1)) &&
  isValid(`${e164}${ANY_DIGIT}`)

/** The character with which an extension begins. */
const EXTENSION = /[^\d\s()[\]./-]/u

/**
 * Reads the number as a number of the region. Needed because the library may have read the first
 * digits of the number as the region's calling code.
 */
const readNational = (
  answer: LibraryAnswer,
  international: LibraryAnswer,
  text: string,
  { whole, region }: { whole: string; region: string },
): LibraryAnswer => {
  const same = answer.ok && international.ok && answer.e164 === international.e164
  if (answer.ok && !same) return answer
  const national = judged(parse(whole, 'US'), whole, whole.slice(1))
  // If the library does not accept the text as a number at all, the refusal stays.
  return !national.ok && parse(text, region) === undefined ? answer : national
}

/** The answer for a number that may have lost a plus sign. `judgeBoth` does the same on digits. */
const chosen = (
  national: LibraryAnswer,
  international: LibraryAnswer,
  doubtful: boolean,
  restores: boolean,
): LibraryAnswer => {
  if (!international.ok)
    return doubtful && !national.ok && isLocal(international) ? international : national
  if (national.ok && national.e164 === international.e164) return national
  const reading = readingOf(national.ok, doubtful, restores)
  if (reading === 'both') return refused('phone-plus-lost')
  return reading === 'international' ? international : national
}

/**
 * The answer for a number that does not begin with a plus sign, an exit code or 0. `judgeReadings`
 * in `phone-readings.ts` does the same on digits.
 */
const judgeReadings = (
  text: string,
  number: string,
  first: LibraryAnswer,
  { region, plus }: PhoneTerms,
): LibraryAnswer => {
  const facts = regionFactsOf(region)!
  const withPlus = `+${text.replace(/^\D+/u, '')}`
  const international = judged(parse(withPlus, region), withPlus, withPlus.slice(1))
  const atHome = number.startsWith(facts.callingCode)
  const whole = `+${facts.callingCode}${number}`
  const national = atHome ? readNational(first, international, text, { whole, region }) : first
  const weak = national.ok && facts.trunkZero && national.e164 === whole && isOpen(whole)
  const doubtful = atHome || weak
  const restores = plus === 'restore'
  const answer =
    doubtful || restores ? chosen(national, international, doubtful, restores) : national
  return weak && answer === national && number.length < WHOLE_DIGITS
    ? refused('phone-local-only')
    : answer
}

/**
 * The library's complete answer about a number. It is the reference for the direct check, and the
 * fallback for unusual numbers. `text` comes from `plainPhoneText` and has at most `PHONE_LONGEST`
 * characters.
 */
export const phoneByLibrary = (text: string, terms: PhoneTerms): LibraryAnswer => {
  const written = text.replace(/\D/gu, '')
  if (emergencyCodes.has(written)) return refused('phone-short-or-emergency')
  const first = judged(parse(text, terms.region), text, written)
  if (text.startsWith('+')) return first
  const number = text.split(EXTENSION, 1)[0]!.replace(/\D/gu, '')
  const facts = regionFactsOf(terms.region)
  if (facts === null || number === '' || number.startsWith('0')) return first
  return facts.exitCode.test(number) ? first : judgeReadings(text, number, first, terms)
}
