import { PHONE_INVALID, PHONE_UNDECIDED, judgePhone } from './phone-direct.ts'
import type { FoundPhone, WrittenPhone } from './phone-direct.ts'
import { phoneRegionOf } from './phone-plans.ts'

/** Longer text is no phone number, and parsing it costs milliseconds. */
export const PHONE_LONGEST = 40

/** Room that an E.164 text needs at most, in bytes: the plus sign, 3 digits of calling code, 17 of national number. */
export const E164_LONGEST = 21

/**
 * Reads the phone number in `bytes[from, to)` (UTF-8) and writes its E.164 form (ASCII, with the plus sign) to `out` at `outAt`,
 * where `E164_LONGEST` bytes must be free. Answers how many bytes it wrote, or what `normalisePhone` would say in words:
 * `PHONE_INVALID`, `PHONE_SHORT`; `PHONE_UNDECIDED` = something unusual, ask `normalisePhone`. Allocates nothing.
 */
export type PhoneReader = (
  bytes: Uint8Array,
  from: number,
  to: number,
  out: Uint8Array,
  outAt: number,
) => number

const PLUS = 0x2b
const ZERO = 0x30

/** What a byte is to a phone number: a digit's value, or one of these. */
const PUNCTUATION = 10
const SPACE = 11
const CONTROL_SPACE = 12
const UNUSUAL = 13

const CLASS = new Uint8Array(256).fill(UNUSUAL)
for (let digit = 0; digit < 10; digit += 1) CLASS[ZERO + digit] = digit
// The library also skips a tilde, but takes it for the mark of an extension in some places.
for (const mark of '-/.()[]') CLASS[mark.charCodeAt(0)] = PUNCTUATION
CLASS[0x20] = SPACE
// White space at an end is trimmed, by the rules of String.trim.
for (const blank of '\t\n\v\f\r') CLASS[blank.charCodeAt(0)] = CONTROL_SPACE

const isBlank = (byte: number | undefined): boolean => {
  const kind = CLASS[byte!]!
  return kind === SPACE || kind === CONTROL_SPACE
}

/** Takes the digits out of `bytes[from, to)`; false = there is something in it that only the library can judge. */
const takeDigits = (bytes: Uint8Array, from: number, to: number, phone: WrittenPhone): boolean => {
  const { digits } = phone
  let count = 0
  let bare = true
  const plus = bytes[from] === PLUS
  for (let at = plus ? from + 1 : from; at < to; at += 1) {
    const kind = CLASS[bytes[at]!]!
    if (kind < PUNCTUATION) {
      digits[count] = kind
      count += 1
    } else if (kind > SPACE) return false
    else bare = false
  }
  phone.count = count
  phone.plus = plus
  phone.bare = bare
  return true
}

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
 * A reader whose `defaultRegion` (ISO 3166-1, two capitals) completes national numbers. For a region that the metadata does not
 * know it leaves all numbers undecided. Not for use by several callers at once within one call; it has one set of scratch digits.
 */
export const createPhoneReader = (defaultRegion: string): PhoneReader => {
  const region = phoneRegionOf(defaultRegion)
  if (region === null) return () => PHONE_UNDECIDED
  const phone: WrittenPhone = {
    digits: new Uint8Array(PHONE_LONGEST),
    count: 0,
    plus: false,
    bare: true,
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
    const answer = judgePhone(phone, region, found)
    return answer < 0 ? answer : writeE164(phone, found, out, outAt)
  }
}
