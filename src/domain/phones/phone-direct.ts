import { PREFIX_WITH_GROUP, compileWhole, prefixLength, wholeMatches } from './phone-automaton.ts'
import { callingCodeOf, isShared, othersFor } from './phone-plans.ts'
import type { CallingCode, PhonePlan } from './phone-plans.ts'
import { EMERGENCY_CODES, SHORT_DIGITS } from './phone-short-codes.ts'

/**
 * Judges phone numbers as libphonenumber-js does: by its rules, in its order, with tables made from
 * its metadata. If this file cannot be certain about a number, the library judges it. Comments name
 * the library's functions, so that you can compare a new version of the library. A differential
 * test compares the results. `phone-readings.ts` decides which reading of a number counts.
 */

/** Answers of `judgePhone` and of the phone reader. Refusals are below zero. */
export const PHONE_UNDECIDED = -1
export const PHONE_INVALID = -2
export const PHONE_SHORT = -3
/**
 * The number has two valid readings: as a number of the region, and as a number that lost its plus
 * sign.
 */
export const PHONE_PLUS_LOST = -4
/**
 * The text is only the part of a number that is dialled within its area, or a number that can be
 * dialled only within its own network.
 */
export const PHONE_LOCAL = -5
/** The number is valid. `FoundPhone` has the position of the number among the digits. */
export const PHONE_VALID = 0

/** A number as written: its digits (values 0 to 9), and two facts about the other characters. */
export type WrittenPhone = {
  readonly digits: Uint8Array
  count: number
  /** Whether the number starts with a plus sign. */
  plus: boolean
  /** Whether the text has only digits and the plus sign. */
  bare: boolean
}

/** The calling code, and the index of the first digit of the national number. */
export type FoundPhone = { callingCode: CallingCode | null; nationalFrom: number }

/** The library's MIN_LENGTH_FOR_NSN and MAX_LENGTH_FOR_NSN. */
export const SHORTEST_NATIONAL = 2
const LONGEST_NATIONAL = 17
/**
 * The most digits that ITU-T E.164 (6.1) allows, calling code included. The metadata accepts longer
 * numbers in Germany, and longer toll-free numbers in Japan.
 */
export const LONGEST_E164_DIGITS = 15
const LONGEST_CALLING_CODE = 3
/**
 * The calling code of North America, where a number has ten digits. The metadata also has shorter
 * numbers (310-xxxx in Canada), which can be dialled only within one network.
 */
export const NORTH_AMERICA = '1'
export const NORTH_AMERICAN_LOCAL_DIGITS = 7
/**
 * The library accepts two digits as a number only if the text has no other character
 * (isViablePhoneNumber). With punctuation, a number needs this many digits.
 */
export const SHORTEST_PUNCTUATED = 3

const GENERAL = 1

const emergencyCodes = compileWhole([EMERGENCY_CODES.join('|')])

/**
 * Whether the digits from the index `from` on are exactly an emergency, crisis or service code of
 * some country. The region does not matter.
 */
export const isEmergency = ({ digits, count }: WrittenPhone, from: number): boolean =>
  count - from <= SHORT_DIGITS &&
  emergencyCodes !== null &&
  wholeMatches(emergencyCodes, digits, from, count) !== 0

const fitsGeneral = (plan: PhonePlan, { digits, count }: WrittenPhone, from: number): boolean =>
  (wholeMatches(plan.patterns, digits, from, count) & GENERAL) !== 0

/**
 * getNumberType: the general pattern matches, and the pattern of a type that permits the length
 * matches too.
 */
const hasType = (plan: PhonePlan, { digits, count }: WrittenPhone, from: number): boolean => {
  const permitted = plan.typesAt[count - from]!
  if (permitted === 0) return false
  const matched = wholeMatches(plan.patterns, digits, from, count)
  return (matched & GENERAL) !== 0 && (matched & permitted) !== 0
}

/** Whether getNumberType would call a valid number MOBILE, and not FIXED_LINE_OR_MOBILE. */
export const isMobile = (
  plan: PhonePlan,
  { digits, count }: WrittenPhone,
  from: number,
): boolean => {
  const types = wholeMatches(plan.patterns, digits, from, count) & plan.typesAt[count - from]!
  return (types & plan.mobile) !== 0 && (types & plan.fixedLine) === 0
}

/**
 * isValid for a number of the plan's country. A few plans have no types. For these plans, the
 * number must match only the general pattern.
 */
const isValid = (plan: PhonePlan, phone: WrittenPhone, from: number): boolean =>
  plan.hasTypes ? hasType(plan, phone, from) : fitsGeneral(plan, phone, from)

const belongsTo = (plan: PhonePlan, phone: WrittenPhone, from: number): boolean =>
  plan.leadingDigits === null
    ? hasType(plan, phone, from)
    : prefixLength(plan.leadingDigits, phone.digits, from, phone.count) > 0

/**
 * getCountryByNationalNumber: the first country that shares the code and matches the number. null:
 * there is none.
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
 * isPossibleIncompleteNationalNumber: a number that is too long counts as possible. A number that
 * is too short or between two possible lengths does not count as possible.
 */
const isPossible = (plan: PhonePlan, length: number): boolean =>
  length > plan.longest || (plan.lengths & (1 << length)) !== 0

/**
 * extractNationalNumber: the index of the first digit after the prefix that is dialled within the
 * country (such as 0). Returns `from` if no prefix is cut off, and `PHONE_UNDECIDED` if other
 * digits must replace the prefix.
 */
const nationalStart = (plan: PhonePlan, phone: WrittenPhone, from: number): number => {
  if (plan.prefix === null) return from
  const cut = prefixLength(plan.prefix, phone.digits, from, phone.count)
  if (cut === PREFIX_WITH_GROUP) return PHONE_UNDECIDED
  if (cut <= 0) return from
  const after = from + cut
  if (fitsGeneral(plan, phone, from) && !fitsGeneral(plan, phone, after)) return from
  const length = phone.count - after
  const { callingCode } = plan
  // For a length over 31, the shift wraps around to another bit. This is harmless, because a number
  // of this length counts as possible anyway.
  if ((callingCode.lengthsOfAll & (1 << length)) !== 0) return after
  const country = isShared(callingCode) ? countryOf(callingCode, phone, after) : null
  return isPossible(country ?? plan, length) ? after : from
}

/**
 * Whether the first digits of the number are those of `start` (values 0 to 9). A plus sign does not
 * count.
 */
export const startsWith = ({ digits, count }: WrittenPhone, start: Uint8Array): boolean => {
  if (count < start.length) return false
  for (let at = 0; at < start.length; at += 1) if (digits[at] !== start[at]) return false
  return true
}

/**
 * The answer for a text that the library does not accept as a number at all. If such a text has few
 * digits and no punctuation, it is a short code.
 */
export const unparsed = ({ count, bare }: WrittenPhone): number =>
  bare && count > 0 && count <= SHORT_DIGITS ? PHONE_SHORT : PHONE_INVALID

/**
 * Whether the number is valid in the country that its digits show. If the digits show no country,
 * the plan with which the number was read decides.
 */
export const isValidBy = (plan: PhonePlan, phone: WrittenPhone, from: number): boolean => {
  if (!isShared(plan.callingCode)) return isValid(plan, phone, from)
  const country = countryOf(plan.callingCode, phone, from)
  if (country === null) return isValid(plan, phone, from)
  // If the country has no leading digits, it was found by the pattern of a type. The number is
  // therefore valid in this country.
  return country.leadingDigits === null || isValid(country, phone, from)
}

const isNorthAmerica = (callingCode: Uint8Array): boolean =>
  callingCode.length === 1 && callingCode[0] === Number(NORTH_AMERICA)

/** The steps of parse and isValid after the plan for the digits from `from` on is known. */
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

/**
 * extractCountryCallingCode and then `judgeNational`, for digits that begin with a calling code.
 */
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
