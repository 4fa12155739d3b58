import { prefixLength } from './phone-automaton.ts'
import {
  PHONE_LOCAL,
  PHONE_PLUS_LOST,
  PHONE_SHORT,
  PHONE_UNDECIDED,
  PHONE_VALID,
  SHORTEST_NATIONAL,
  SHORTEST_PUNCTUATED,
  isEmergency,
  isMobile,
  isValidBy,
  judgeInternational,
  judgeNational,
  startsWith,
  unparsed,
} from './phone-direct.ts'
import type { FoundPhone, WrittenPhone } from './phone-direct.ts'
import type { PhonePlan, PhoneRegion } from './phone-plans.ts'

/**
 * How a number without a plus sign is read. It may have two readings: a number of the region, and a
 * number that lost its plus sign. The second reading counts only if the digits begin with the
 * region's own country code, the number may lack the 0 of an open plan, or `plus` is `restore`.
 * Otherwise, a number that is valid only with a plus sign is refused. `readingOf` decides between
 * the two readings. (The library instead takes the first reading that its metadata permits.)
 */
export type PhoneTerms = {
  /** The region by which national numbers are completed (ISO 3166-1, two capitals). */
  region: string
  /**
   * `restore`: declares that plus signs were lost. Digits that are valid with a plus sign are then
   * read with a plus sign. Exception: if the digits are also valid without a plus sign, and nothing
   * else speaks for the second reading, the number is refused. `reject`: the number is refused if
   * the second reading counts and both readings are valid.
   */
  plus: 'reject' | 'restore'
}

/**
 * If a number of an open plan (`isOpen`) lacks the 0 before it and has fewer digits than this, it
 * may also lack its area code.
 */
export const WHOLE_DIGITS = 9
/**
 * A digit that is appended to a number to find out whether the plan would accept a longer number.
 */
export const ANY_DIGIT = 5

/**
 * Whether the number is not a mobile number, and the plan also accepts it with one digit less and
 * with one more. The plan then has no fixed lengths for such numbers (as for fixed lines in
 * Germany). It accepts almost any digits, so a valid number proves little.
 */
const isOpen = (plan: PhonePlan, phone: WrittenPhone): boolean => {
  if (isMobile(plan, phone, 0)) return false
  const { count, digits } = phone
  phone.count = count - 1
  const shorter = isValidBy(plan, phone, 0)
  digits[count] = ANY_DIGIT
  phone.count = count + 1
  const longer = isValidBy(plan, phone, 0)
  phone.count = count
  return shorter && longer
}

const other: FoundPhone = { callingCode: null, nationalFrom: 0 }

const take = (reading: FoundPhone, found: FoundPhone): number => {
  found.callingCode = reading.callingCode
  found.nationalFrom = reading.nationalFrom
  return PHONE_VALID
}

const isSame = (one: FoundPhone, two: FoundPhone): boolean =>
  one.callingCode === two.callingCode && one.nationalFrom === two.nationalFrom

/**
 * Decides which reading counts for a number without a plus sign. The number would also be valid
 * with a plus sign, as a different number. `isNational`: the number is also valid without a plus
 * sign. `doubtful`: its digits begin with the region's own code, or it lacks the 0 of an open plan.
 */
export const readingOf = (
  isNational: boolean,
  doubtful: boolean,
  restores: boolean,
): 'national' | 'international' | 'both' => {
  if (!isNational) return doubtful || restores ? 'international' : 'national'
  return doubtful && restores ? 'international' : 'both'
}

/**
 * The answer for a number that may have lost a plus sign. `national`: the answer for the number
 * read as a number of the region.
 */
const judgeBoth = (
  phone: WrittenPhone,
  doubtful: boolean,
  restores: boolean,
  found: FoundPhone,
  national: number,
): number => {
  const isNational = national === PHONE_VALID
  const international = judgeInternational(phone, 0, other)
  if (international === PHONE_UNDECIDED) return PHONE_UNDECIDED
  if (international === PHONE_LOCAL && doubtful && !isNational) return PHONE_LOCAL
  if (international !== PHONE_VALID || (isNational && isSame(found, other))) return national
  const reading = readingOf(isNational, doubtful, restores)
  if (reading === 'both') return PHONE_PLUS_LOST
  return reading === 'international' ? take(other, found) : national
}

/**
 * The answer for a number that does not begin with a plus sign, an exit code or 0. `national`: the
 * answer for the number read as a number of the region.
 */
const judgeReadings = (
  phone: WrittenPhone,
  plan: PhonePlan,
  restores: boolean,
  found: FoundPhone,
  national: number,
): number => {
  const bare = national === PHONE_VALID && plan.trunkZero && found.nationalFrom === 0
  const weak = bare && isOpen(plan, phone)
  const doubtful = weak || startsWith(phone, plan.callingCode.digits)
  const answer =
    doubtful || restores ? judgeBoth(phone, doubtful, restores, found, national) : national
  // In an open plan, a number with few digits and without the 0 may lack its area code.
  return weak && answer === PHONE_VALID && phone.count < WHOLE_DIGITS && found.nationalFrom === 0
    ? PHONE_LOCAL
    : answer
}

const judgeInRegion = (
  phone: WrittenPhone,
  region: PhoneRegion,
  restores: boolean,
  found: FoundPhone,
): number => {
  const { digits, count } = phone
  const exit = prefixLength(region.exitCode, digits, 0, count)
  if (exit > 0 && exit < count && digits[exit] !== 0) return judgeInternational(phone, exit, found)
  const national = judgeNational(phone, 0, region.plan, found)
  return national === PHONE_UNDECIDED || digits[0] === 0
    ? national
    : judgeReadings(phone, region.plan, restores, found, national)
}

/**
 * Judges a written number. `PHONE_VALID`: the number is valid by the library, has one reading, and
 * is not a short code or an emergency number. `found` is then filled. Otherwise one of the other
 * answers is returned. The text may contain only digits, a leading plus sign and punctuation that
 * the library skips. The array of digits needs room for one more digit.
 */
export const judgePhone = (
  phone: WrittenPhone,
  region: PhoneRegion,
  restores: boolean,
  found: FoundPhone,
): number => {
  if (isEmergency(phone, 0)) return PHONE_SHORT
  const { count, plus, bare } = phone
  if (count < SHORTEST_PUNCTUATED && (!bare || plus || count < SHORTEST_NATIONAL)) {
    return unparsed(phone)
  }
  return plus ? judgeInternational(phone, 0, found) : judgeInRegion(phone, region, restores, found)
}
