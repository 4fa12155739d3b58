import { PHONE_INVALID, PHONE_UNDECIDED } from './phone-direct.ts'
import type { FoundPhone, WrittenPhone } from './phone-direct.ts'
import { phoneRegionOf } from './phone-plans.ts'
import { judgePhone } from './phone-readings.ts'
import type { PhoneTerms } from './phone-readings.ts'

/** A longer text is not a phone number. Parsing it would cost milliseconds. */
export const PHONE_LONGEST = 40

/**
 * A cell may hold several numbers. A part of the cell with fewer digits does not count as a whole
 * number.
 */
export const FEWEST_WHOLE_DIGITS = 7

/**
 * Bytes that suffice for every E.164 text: the plus sign, 3 digits of calling code and 17 digits of
 * national number (the most that the library reads).
 */
export const E164_LONGEST = 21

/**
 * Reads the phone number in `bytes[from, to)` (UTF-8). Writes its E.164 form (ASCII, with the plus
 * sign) to `out` at `outAt`, where `E164_LONGEST` bytes must be free. Returns how many bytes it
 * wrote, or one of the answers of `judgePhone`. `PHONE_UNDECIDED`: the number is unusual, so call
 * `normalisePhone`. Allocates nothing.
 */
export type PhoneReader = (
  bytes: Uint8Array,
  from: number,
  to: number,
  out: Uint8Array,
  outAt: number,
) => number

/**
 * `divided`: a mark after a whole number may divide it from a second number, or from a second
 * ending.
 */
type ReadPhone = WrittenPhone & { divided: boolean }

const PLUS = 0x2b
const HYPHEN = 0x2d
const POINT = 0x2e
const ZERO = 0x30

/**
 * The classes of bytes. The class of a digit is its value. The following constants are the other
 * classes.
 */
const PUNCTUATION = 10
const SPACE = 11
/**
 * Punctuation after which a second number may follow, or a second ending of the same number
 * (`12345-0 -15`).
 */
const DIVIDER = 12
const CONTROL_SPACE = 13
const UNUSUAL = 14

const CLASS = new Uint8Array(256).fill(UNUSUAL)
for (let digit = 0; digit < 10; digit += 1) CLASS[ZERO + digit] = digit
// The library also skips a tilde, but sometimes reads a tilde as the mark of an extension.
for (const mark of '-.)]') CLASS[mark.charCodeAt(0)] = PUNCTUATION
for (const mark of '/([') CLASS[mark.charCodeAt(0)] = DIVIDER
CLASS[0x20] = SPACE
// White space at both ends is trimmed, as String.trim does.
for (const blank of '\t\n\v\f\r') CLASS[blank.charCodeAt(0)] = CONTROL_SPACE

const isBlank = (byte: number | undefined): boolean => {
  const kind = CLASS[byte!]!
  return kind === SPACE || kind === CONTROL_SPACE
}

/** Whether the mark at `at` may divide two numbers, or a number and a second ending. */
const divides = (bytes: Uint8Array, at: number, kind: number): boolean =>
  kind === DIVIDER || (bytes[at] === HYPHEN && CLASS[bytes[at - 1]!] === SPACE)

/**
 * Takes the digits out of `bytes[from, to)`. false: the bytes contain something that only the
 * library can judge.
 */
const takeDigits = (bytes: Uint8Array, from: number, to: number, phone: ReadPhone): boolean => {
  const { digits } = phone
  let count = 0
  let bare = true
  let divided = false
  const plus = bytes[from] === PLUS
  for (let at = plus ? from + 1 : from; at < to; at += 1) {
    const kind = CLASS[bytes[at]!]!
    if (kind < PUNCTUATION) {
      digits[count] = kind
      count += 1
      continue
    }
    if (kind > DIVIDER) return false
    bare = false
    if (count >= FEWEST_WHOLE_DIGITS && divides(bytes, at, kind)) divided = true
  }
  phone.count = count
  phone.plus = plus
  phone.bare = bare
  phone.divided = divided
  return true
}

/**
 * Whether the text ends with a point and zeros. A spreadsheet may have added the zeros, or they may
 * be the last group of the number.
 */
const endsInZeros = (bytes: Uint8Array, from: number, to: number): boolean => {
  let at = to - 1
  while (at > from && bytes[at] === ZERO) at -= 1
  return at < to - 1 && bytes[at] === POINT
}

/**
 * Whether the cell may hold several numbers, or a number with decimals from a spreadsheet. Its form
 * must then be checked first. This quick test may be wrong when it returns true, but never when it
 * returns false.
 */
const hasDoubtfulForm = (
  { bare, divided, count }: ReadPhone,
  bytes: Uint8Array,
  from: number,
  to: number,
): boolean => !bare && (divided || count >= FEWEST_WHOLE_DIGITS * 2 || endsInZeros(bytes, from, to))

const writeE164 = (
  { digits, count }: WrittenPhone,
  { callingCode, nationalFrom }: FoundPhone,
  out: Uint8Array,
  outAt: number,
): number => {
  let end = outAt
  out[end++] = PLUS
  const code = callingCode!.digits
  for (let at = 0; at < code.length; at += 1) out[end++] = ZERO + code[at]!
  for (let at = nationalFrom; at < count; at += 1) out[end++] = ZERO + digits[at]!
  return end - outAt
}

/**
 * Makes a reader for these terms. If `phoneRegionOf` returns null, the reader leaves every number
 * undecided. `formSeen`: the caller has already checked that the cell holds one number. A reader is
 * not reentrant, because all calls share its scratch memory.
 */
export const createPhoneReader = (terms: PhoneTerms, formSeen = false): PhoneReader => {
  const region = phoneRegionOf(terms.region)
  if (region === null) return () => PHONE_UNDECIDED
  const restores = terms.plus === 'restore'
  const phone: ReadPhone = {
    digits: new Uint8Array(PHONE_LONGEST + 1),
    count: 0,
    plus: false,
    bare: true,
    divided: false,
  }
  const found: FoundPhone = { callingCode: null, nationalFrom: 0 }
  return (bytes, from, to, out, outAt) => {
    let start = from
    let end = to
    while (start < end && isBlank(bytes[start])) start += 1
    while (start < end && isBlank(bytes[end - 1])) end -= 1
    if (start === end) return PHONE_INVALID
    if (end - start > PHONE_LONGEST) return PHONE_UNDECIDED
    if (!takeDigits(bytes, start, end, phone)) return PHONE_UNDECIDED
    if (!formSeen && hasDoubtfulForm(phone, bytes, start, end)) return PHONE_UNDECIDED
    const answer = judgePhone(phone, region, restores, found)
    return answer < 0 ? answer : writeE164(phone, found, out, outAt)
  }
}
