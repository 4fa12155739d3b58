import { PREFIX_WITH_GROUP, compileWhole, prefixLength, wholeMatches } from './phone-automaton.ts'
import { callingCodeOf, isShared, othersFor } from './phone-plans.ts'
import type { CallingCode, PhonePlan, PhoneRegion } from './phone-plans.ts'
import { EMERGENCY_CODES, SHORT_DIGITS } from './phone-short-codes.ts'

/**
 * Decides phone numbers as libphonenumber-js does, by its rules in its order, on the tables compiled from its own metadata. What
 * is not decided here is left to the library. Comments name the library's functions, so that a new version of it can be compared;
 * the differential test holds the two together.
 */

/** Answers of `judgePhone` and of the phone reader; all below zero. */
export const PHONE_UNDECIDED = -1
export const PHONE_INVALID = -2
export const PHONE_SHORT = -3
/** Valid; where it was found is in `FoundPhone`. */
const VALID = 0

/** A number as it is written: its digits (values 0 to 9), and what else of the text matters. */
export type WrittenPhone = {
  readonly digits: Uint8Array
  count: number
  /** It starts with a plus sign. */
  plus: boolean
  /** There is nothing beside digits and that sign. */
  bare: boolean
}

/** Where in the digits the number was found. */
export type FoundPhone = { callingCode: CallingCode | null; nationalFrom: number }

/** What the library names MIN_LENGTH_FOR_NSN, MAX_LENGTH_FOR_NSN, MAX_LENGTH_COUNTRY_CODE. */
const SHORTEST_NATIONAL = 2
const LONGEST_NATIONAL = 17
const LONGEST_CALLING_CODE = 3
/** Two digits are a number to the library only when nothing else is written; see isViablePhoneNumber. */
const SHORTEST_PUNCTUATED = 3

const GENERAL = 1

const emergencyCodes = compileWhole([EMERGENCY_CODES.join('|')])

const isEmergency = ({ digits, count }: WrittenPhone, from: number): boolean =>
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

/** isValid for a number of that country; the few plans without types have only the general pattern to go by. */
const isValid = (plan: PhonePlan, phone: WrittenPhone, from: number): boolean =>
  plan.hasTypes ? hasType(plan, phone, from) : fitsGeneral(plan, phone, from)

const belongsTo = (plan: PhonePlan, phone: WrittenPhone, from: number): boolean =>
  plan.leadingDigits === null
    ? hasType(plan, phone, from)
    : prefixLength(plan.leadingDigits, phone.digits, from, phone.count) > 0

/** getCountryByNationalNumber: the first of those who share the code that the number tells, null if it tells none. */
const countryOf = (code: CallingCode, phone: WrittenPhone, from: number): PhonePlan | null => {
  const first = code.countries[0]!
  if (belongsTo(first, phone, from)) return first
  for (const plan of othersFor(code, phone.digits, from, phone.count)) {
    if (belongsTo(plan, phone, from)) return plan
  }
  return null
}

/** isPossibleIncompleteNationalNumber: too long is possible to it, too short or between two lengths is not. */
const isPossible = (plan: PhonePlan, length: number): boolean =>
  length > plan.longest || (plan.lengths & (1 << length)) !== 0

/** extractNationalNumber: where the number starts behind what is dialled before it within the country. */
const nationalStart = (plan: PhonePlan, phone: WrittenPhone, from: number): number => {
  if (plan.prefix === null) return from
  const cut = prefixLength(plan.prefix, phone.digits, from, phone.count)
  if (cut === PREFIX_WITH_GROUP) return PHONE_UNDECIDED
  if (cut <= 0) return from
  const after = from + cut
  if (fitsGeneral(plan, phone, from) && !fitsGeneral(plan, phone, after)) return from
  const length = phone.count - after
  const { callingCode } = plan
  // Past 31 the shift comes round to another length's bit, harmlessly: so long a number counts as possible in any case.
  if ((callingCode.lengthsOfAll & (1 << length)) !== 0) return after
  const country = isShared(callingCode) ? countryOf(callingCode, phone, after) : null
  return isPossible(country ?? plan, length) ? after : from
}

const startsWith = ({ digits, count }: WrittenPhone, start: Uint8Array): boolean => {
  if (count < start.length) return false
  for (let at = 0; at < start.length; at += 1) if (digits[at] !== start[at]) return false
  return true
}

/** The answer for what the library does not take for a number at all: without punctuation, few digits are a short code. */
const unparsed = ({ count, bare }: WrittenPhone): number =>
  bare && count > 0 && count <= SHORT_DIGITS ? PHONE_SHORT : PHONE_INVALID

/** Whether the number is valid in the country that it tells, or else by the plan it was read by. */
const isValidBy = (plan: PhonePlan, phone: WrittenPhone, from: number): boolean => {
  if (!isShared(plan.callingCode)) return isValid(plan, phone, from)
  const country = countryOf(plan.callingCode, phone, from)
  if (country === null) return isValid(plan, phone, from)
  // Without leading digits it was a type that told the country.
  return country.leadingDigits === null || isValid(country, phone, from)
}

/** The rest of parse and isValid, once it is known by which plan the digits from `from` on are to be read. */
const judgeNational = (
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
  if (!isValidBy(plan, phone, start)) return length <= SHORT_DIGITS ? PHONE_SHORT : PHONE_INVALID
  found.callingCode = plan.callingCode
  found.nationalFrom = start
  return VALID
}

/** extractCountryCallingCode, where the digits from `from` on begin with a calling code. */
const judgeInternational = (phone: WrittenPhone, from: number, found: FoundPhone): number => {
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

/**
 * extractCountryCallingCodeFromInternationalNumberWithoutPlusSign: whether a number that starts with the region's calling code is
 * to be read as international. `PHONE_UNDECIDED`, or 1 or 0.
 */
const lacksPlus = (phone: WrittenPhone, plan: PhonePlan): number => {
  const { digits } = plan.callingCode
  if (!startsWith(phone, digits)) return 0
  const shorter = nationalStart(plan, phone, digits.length)
  const whole = nationalStart(plan, phone, 0)
  if (shorter === PHONE_UNDECIDED || whole === PHONE_UNDECIDED) return PHONE_UNDECIDED
  if (phone.count - whole > plan.longest) return 1
  return !fitsGeneral(plan, phone, whole) && fitsGeneral(plan, phone, shorter) ? 1 : 0
}

/** parsePhoneNumber for a number without a plus sign. */
const judgeInRegion = (phone: WrittenPhone, region: PhoneRegion, found: FoundPhone): number => {
  const { digits, count } = phone
  const { plan } = region
  const exit = prefixLength(region.exitCode, digits, 0, count)
  if (exit > 0 && exit < count && digits[exit] !== 0) return judgeInternational(phone, exit, found)
  const international = lacksPlus(phone, plan)
  if (international === PHONE_UNDECIDED) return PHONE_UNDECIDED
  if (international === 0) return judgeNational(phone, 0, plan, found)
  const { main } = plan.callingCode
  return main === null
    ? PHONE_UNDECIDED
    : judgeNational(phone, plan.callingCode.digits.length, main, found)
}

/**
 * Whether a written number is valid by the library, and not a short code or an emergency number: `found` is filled and the answer
 * is 0 or above; else `PHONE_INVALID`, `PHONE_SHORT` or `PHONE_UNDECIDED`. The text must have been nothing but the digits, a
 * leading plus sign and punctuation that the library skips. `region` completes national numbers.
 */
export const judgePhone = (phone: WrittenPhone, region: PhoneRegion, found: FoundPhone): number => {
  if (isEmergency(phone, 0)) return PHONE_SHORT
  const { count, plus, bare } = phone
  if (count < SHORTEST_PUNCTUATED && (!bare || plus || count < SHORTEST_NATIONAL)) {
    return unparsed(phone)
  }
  return plus ? judgeInternational(phone, 0, found) : judgeInRegion(phone, region, found)
}
