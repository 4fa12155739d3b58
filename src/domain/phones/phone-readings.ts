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
 * How a number without a plus sign is read: as a number of the region, and as one that lost its
 * plus. If both readings are valid, the number is refused. If one is, it counts. The library takes
 * the first reading that its metadata permits.
 */
export type PhoneTerms = {
  /** ISO 3166-1, two capitals: completes national numbers. */
  region: string
  /**
   * `restore`: the caller knows that plus signs are lost, so digits that begin with a country code
   * are read with one.
   */
  plus: 'reject' | 'restore'
}

/**
 * A number without its 0 and with at least this many digits counts as a whole number, not as one
 * without its area code.
 */
export const WHOLE_DIGITS = 9
/** Added after a number to see whether the plan would accept a longer one. */
export const ANY_DIGIT = 5

/**
 * Whether the plan takes the number with a digit less and with one more too, and not as a mobile's.
 * Then it has no fixed lengths there, as for fixed lines in Germany, and that the number is valid
 * says little.
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
 * Which reading counts if the number with a plus sign is valid, but another number than without it.
 * `doubtful`: its digits begin with the region's code, or it lacks the plan's 0 in an open plan.
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
 * The answer for a number whose reading as one of the region has the result `national`, and that
 * may have lost a plus sign.
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
 * The answer for a number that was read as one of the region, with the result `national`, and
 * begins with no 0.
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
  // Without the plan's 0 a few digits may as well lack their area.
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
 * Whether a written number is valid by the library, has one reading, and is not a short code or an
 * emergency number. Then `found` is filled and the answer is `PHONE_VALID`. Otherwise returns one
 * of the other answers. The text must have had only the digits, a leading plus sign and punctuation
 * that the library skips, and the digits need room for one more.
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
