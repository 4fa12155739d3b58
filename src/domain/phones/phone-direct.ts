import { PREFIX_WITH_GROUP, compileWhole, prefixLength, wholeMatches } from './phone-automaton.ts'
import { callingCodeOf, isShared, othersFor } from './phone-plans.ts'
import type { CallingCode, PhonePlan } from './phone-plans.ts'
import { EMERGENCY_CODES, SHORT_DIGITS } from './phone-short-codes.ts'

/**
 * Judges phone numbers in the same way as libphonenumber-js, by its rules in its order, on the
 * tables compiled from its own metadata. Undecided numbers are left to the library. Comments name
 * the library's functions, so that a new version of it can be compared. The differential test
 * compares the two. `phone-readings.ts` decides which reading of a number counts.
 */

/** Answers of `judgePhone` and of the phone reader. Refusals are below zero. */
export const PHONE_UNDECIDED = -1
export const PHONE_INVALID = -2
export const PHONE_SHORT = -3
/**
 * The number has two valid readings: as a number of the region, and as one that lost its plus sign.
 */
export const PHONE_PLUS_LOST = -4
/** Only the part dialled within an area, or a number that no other network can dial. */
export const PHONE_LOCAL = -5
/** The number is valid. `FoundPhone` says where it was found. */
export const PHONE_VALID = 0

/** A number as written: its digits (values 0 to 9), and whatever else in the text matters. */
export type WrittenPhone = {
  readonly digits: Uint8Array
  count: number
  /** It starts with a plus sign. */
  plus: boolean
  /** There is nothing beside digits and that sign. */
  bare: boolean
}

/** The position of the number among the digits. */
export type FoundPhone = { callingCode: CallingCode | null; nationalFrom: number }

/**
 * The library's names for these are MIN_LENGTH_FOR_NSN, MAX_LENGTH_FOR_NSN,
 * MAX_LENGTH_COUNTRY_CODE.
 */
export const SHORTEST_NATIONAL = 2
const LONGEST_NATIONAL = 17
/**
 * ITU-T E.164, 6.1: the calling code counts. The metadata accepts longer numbers, of Germany and
 * for free calls in Japan.
 */
export const LONGEST_E164_DIGITS = 15
const LONGEST_CALLING_CODE = 3
/**
 * In the plan of North America a number has ten digits. Its metadata has shorter ones, 310-xxxx of
 * Canada, that no other network knows.
 */
export const NORTH_AMERICA = '1'
export const NORTH_AMERICAN_LOCAL_DIGITS = 7
/**
 * The library accepts two digits as a number only if nothing else is written. See
 * isViablePhoneNumber.
 */
export const SHORTEST_PUNCTUATED = 3

const GENERAL = 1

const emergencyCodes = compileWhole([EMERGENCY_CODES.join('|')])

export const isEmergency = ({ digits, count }: WrittenPhone, from: number): boolean =>
  count - from <= SHORT_DIGITS &&
  emergencyCodes !== null &&
  wholeMatches(emergencyCodes, digits, from, count) !== 0

const fitsGeneral = (plan: PhonePlan, { digits, count }: WrittenPhone, from: number): boolean =>
  (wholeMatches(plan.patterns, digits, from, count) & GENERAL) !== 0

/** getNumberType: the general pattern matches, and a type's that permits the length. */
const hasType = (plan: PhonePlan, { digits, count }: WrittenPhone, from: number): boolean => {
  const permitted = plan.typesAt[count - from]!
  if (permitted === 0) return false
  const matched = wholeMatches(plan.patterns, digits, from, count)
  return (matched & GENERAL) !== 0 && (matched & permitted) !== 0
}

/** Whether getNumberType identifies a valid number as a mobile's and nothing else. */
export const isMobile = (
  plan: PhonePlan,
  { digits, count }: WrittenPhone,
  from: number,
): boolean => {
  const types = wholeMatches(plan.patterns, digits, from, count) & plan.typesAt[count - from]!
  return (types & plan.mobile) !== 0 && (types & plan.fixedLine) === 0
}

/**
 * isValid for a number of that country; the few plans without types have only the general pattern
 * to go by.
 */
const isValid = (plan: PhonePlan, phone: WrittenPhone, from: number): boolean =>
  plan.hasTypes ? hasType(plan, phone, from) : fitsGeneral(plan, phone, from)

const belongsTo = (plan: PhonePlan, phone: WrittenPhone, from: number): boolean =>
  plan.leadingDigits === null
    ? hasType(plan, phone, from)
    : prefixLength(plan.leadingDigits, phone.digits, from, phone.count) > 0

/**
 * getCountryByNationalNumber: the first country that shares the code and matches the number. null
 * if none does.
 */
const countryOf = (code: CallingCode, phone: WrittenPhone, from: number): PhonePlan | null => {
  const first = code.countries[0]!
  if (belongsTo(first, phone, from)) return first
  for (const plan of othersFor(code, phone.digits, from, phone.count)) {
    if (belongsTo(plan, phone, from)) return plan
  }
  return null
}

/**
 * isPossibleIncompleteNationalNumber: too long is possible to it, too short or between two lengths
 * is not.
 */
const isPossible = (plan: PhonePlan, length: number): boolean =>
  length > plan.longest || (plan.lengths & (1 << length)) !== 0

/** extractNationalNumber: where the number begins after the prefix dialled within the country. */
const nationalStart = (plan: PhonePlan, phone: WrittenPhone, from: number): number => {
  if (plan.prefix === null) return from
  const cut = prefixLength(plan.prefix, phone.digits, from, phone.count)
  if (cut === PREFIX_WITH_GROUP) return PHONE_UNDECIDED
  if (cut <= 0) return from
  const after = from + cut
  if (fitsGeneral(plan, phone, from) && !fitsGeneral(plan, phone, after)) return from
  const length = phone.count - after
  const { callingCode } = plan
  // Past 31 the shift comes round to another length's bit, harmlessly: so long a number counts as
  // possible in any case.
  if ((callingCode.lengthsOfAll & (1 << length)) !== 0) return after
  const country = isShared(callingCode) ? countryOf(callingCode, phone, after) : null
  return isPossible(country ?? plan, length) ? after : from
}

export const startsWith = ({ digits, count }: WrittenPhone, start: Uint8Array): boolean => {
  if (count < start.length) return false
  for (let at = 0; at < start.length; at += 1) if (digits[at] !== start[at]) return false
  return true
}

/**
 * The answer for text that the library does not accept as a number at all: without punctuation, few
 * digits are a short code.
 */
export const unparsed = ({ count, bare }: WrittenPhone): number =>
  bare && count > 0 && count <= SHORT_DIGITS ? PHONE_SHORT : PHONE_INVALID

/**
 * Whether the number is valid in the country that its digits name, or otherwise by the plan by
 * which it was read.
 */
export const isValidBy = (plan: PhonePlan, phone: WrittenPhone, from: number): boolean => {
  if (!isShared(plan.callingCode)) return isValid(plan, phone, from)
  const country = countryOf(plan.callingCode, phone, from)
  if (country === null) return isValid(plan, phone, from)
  // Without leading digits it was a type that told the country.
  return country.leadingDigits === null || isValid(country, phone, from)
}

const isNorthAmerica = (callingCode: Uint8Array): boolean =>
  callingCode.length === 1 && callingCode[0] === Number(NORTH_AMERICA)

/** The rest of parse and isValid, once the plan for the digits from `from` on is known. */
export const judgeNational = (
  phone: WrittenPhone,
  from: number,
  plan: PhonePlan,
  found: FoundPhone,
): number => {
  const start = nationalStart(plan, phone, from)
  if (start === PHONE_UNDECIDED) return PHONE_UNDECIDED
  const length = phone.count - start
  if (length < SHORTEST_NATIONAL || length > LONGEST_NATIONAL) return unparsed(phone)
  if (isEmergency(phone, start)) return PHONE_SHORT
  const { digits } = plan.callingCode
  if (length === NORTH_AMERICAN_LOCAL_DIGITS && isNorthAmerica(digits)) return PHONE_LOCAL
  if (!isValidBy(plan, phone, start)) return length <= SHORT_DIGITS ? PHONE_SHORT : PHONE_INVALID
  if (digits.length + length > LONGEST_E164_DIGITS) return PHONE_INVALID
  found.callingCode = plan.callingCode
  found.nationalFrom = start
  return PHONE_VALID
}

/** extractCountryCallingCode, if the digits from `from` on begin with a calling code. */
export const judgeInternational = (
  phone: WrittenPhone,
  from: number,
  found: FoundPhone,
): number => {
  const { digits, count } = phone
  if (digits[from] === 0) return unparsed(phone)
  let number = 0
  for (let at = from; at < count && at < from + LONGEST_CALLING_CODE; at += 1) {
    number = number * 10 + digits[at]!
    const code = callingCodeOf(number)
    if (code === null) continue
    if (code.main === null) return PHONE_UNDECIDED
    return judgeNational(phone, at + 1, code.main, found)
  }
  return unparsed(phone)
}
