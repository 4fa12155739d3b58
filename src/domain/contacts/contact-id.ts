/**
 * The default shape of a contact id. The setting `CONTACT_ID_PATTERN` may replace it. Source:
 * design, the row rules.
 */
export const CONTACT_ID_SHAPE = '[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}'
export const CONTACT_ID_PATTERN = new RegExp(`^(?:${CONTACT_ID_SHAPE})$`)
const LONGEST = 128

/**
 * What a byte is to an id of the default shape: nothing, allowed behind the first character, or
 * everywhere.
 */
const FOLLOWS = 1
const STARTS = 2
const CLASS = new Uint8Array(128)
for (let code = 0; code < CLASS.length; code += 1) {
  const character = String.fromCharCode(code)
  if (CONTACT_ID_PATTERN.test(character)) CLASS[code] = STARTS
  else if (CONTACT_ID_PATTERN.test(`a${character}`)) CLASS[code] = FOLLOWS
}

/**
 * What programs write for a missing value: databases, spreadsheets (in English and German), Python,
 * R, JavaScript. As an id it would make all people without one the same person.
 */
const NULL_WORDS = new Set([
  ...'null nan -nan none undefined nil na n/a <na> <null> (null) [null] \\n'.split(' '),
  ...'#n/a #na #nv #ref! #bezug! #value! #wert! #name? #div/0! #num! #zahl! #null! #error!'.split(
    ' ',
  ),
  '[object object]',
])

/**
 * Whether the text is a word for a missing value, in any case, also as a spreadsheet or a
 * programming language writes it.
 */
export const isNullWord = (text: string): boolean => NULL_WORDS.has(text.trim().toLowerCase())

const LOWER = 0x20
const LETTER_N = 0x6e
const LETTER_U = 0x75
const LONGEST_PLAIN_NULL_WORD = 'undefined'.length

/**
 * Whether the bytes are a null word that has the default shape of ids; all of those begin with one
 * of two letters.
 */
const isPlainNullWord = (bytes: Uint8Array, from: number, to: number): boolean => {
  const first = bytes[from]! | LOWER
  if ((first !== LETTER_N && first !== LETTER_U) || to - from > LONGEST_PLAIN_NULL_WORD)
    return false
  return isNullWord(String.fromCharCode(...bytes.subarray(from, to)))
}

/**
 * Whether the UTF-8 in `bytes[from, to)` is an id of the default shape and not a null word. Mostly
 * works without making a string.
 */
export const isPlainContactId = (bytes: Uint8Array, from: number, to: number): boolean => {
  if (to === from || to - from > LONGEST || CLASS[bytes[from]!] !== STARTS) return false
  for (let at = from + 1; at < to; at += 1) if (!CLASS[bytes[at]!]) return false
  return !isPlainNullWord(bytes, from, to)
}

/**
 * Whether the id is the row's phone number: as the row wrote it, its digits, or its E.164 form
 * without the plus. Phone numbers change hands, so they identify nobody.
 */
export const isPhoneNumber = (contactId: string, e164: string, written: string): boolean =>
  contactId === written ||
  (e164.endsWith(contactId) &&
    (contactId === e164.slice(1) || contactId === written.replace(/\D/g, '')))

/** An id with fewer digits is not read as a number. */
export const FEWEST_PHONE_DIGITS = 7

/**
 * Digits at the end that a number keeps whatever prefix it is written with; short numbering plans
 * have fewer.
 */
const KEPT_DIGITS = 6
const LONGEST_CALLING_CODE = 3

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39

const countDigits = (bytes: Uint8Array, from: number, to: number): number => {
  let count = 0
  for (let at = from; at < to; at += 1) if (isDigit(bytes[at]!)) count += 1
  return count
}

/** The bytes of one text among others. */
export type Span = { bytes: Uint8Array; from: number; to: number }

/**
 * How many digits at the end of the two texts are the same, at most `most`. Other characters of the
 * id are ignored.
 */
const sameEnd = (id: Span, e164: Span, most: number): { same: number; differ: boolean } => {
  let same = 0
  for (let at = id.to - 1; at >= id.from && same < most; at -= 1) {
    const byte = id.bytes[at]!
    if (!isDigit(byte)) continue
    if (byte !== e164.bytes[e164.to - 1 - same]) return { same, differ: true }
    same += 1
  }
  return { same, differ: false }
}

/**
 * false: the id, in the default shape, is neither the phone number by `isPhoneNumber` nor another
 * way of writing it. true: it may be, so check further. No number starts with a letter, and its
 * last digits are the same in every notation.
 */
export const mayBePhone = (id: Span, written: Span, e164: Span): boolean => {
  if (!isDigit(id.bytes[id.from]!)) return false
  const e164Digits = e164.to - e164.from - 1
  const { differ } = sameEnd(id, e164, Math.min(KEPT_DIGITS, e164Digits - LONGEST_CALLING_CODE))
  if (differ) return false
  const digits = countDigits(id.bytes, id.from, id.to)
  if (digits >= FEWEST_PHONE_DIGITS) return true
  return digits === e164Digits || digits === countDigits(written.bytes, written.from, written.to)
}
