/**
 * The default form of a contact id. The setting `CONTACT_ID_PATTERN` may replace it. Source:
 * design, the row rules.
 */
export const CONTACT_ID_SHAPE = '[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}'
export const CONTACT_ID_PATTERN = new RegExp(`^(?:${CONTACT_ID_SHAPE})$`)
const LONGEST = 128

/**
 * For each byte value, where it may appear in an id of the default form. 0: nowhere. `FOLLOWS`:
 * after the first character. `STARTS`: anywhere.
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
 * Words that programs write for a missing value: databases, spreadsheets (in English and German),
 * Python, R, JavaScript. If such a word counted as an id, all people without an id would become one
 * contact.
 */
const NULL_WORDS = new Set([
  ...'null nan -nan none undefined nil na n/a <na> <null> (null) [null] \\n'.split(' '),
  ...'#n/a #na #nv #ref! #bezug! #value! #wert! #name? #div/0! #num! #zahl! #null! #error!'.split(
    ' ',
  ),
  '[object object]',
])

/**
 * Whether the text is a word that a program writes for a missing value. Case, and white space at
 * the ends, do not matter.
 */
export const isNullWord = (text: string): boolean => NULL_WORDS.has(text.trim().toLowerCase())

const LOWER = 0x20
const LETTER_N = 0x6e
const LETTER_T = 0x74
const LETTER_U = 0x75
const LONGEST_PLAIN_NULL_WORD = 'undefined'.length

/**
 * Whether the bytes are a null word that has the default form of ids. All of these words begin with
 * n or u.
 */
const isPlainNullWord = (bytes: Uint8Array, from: number, to: number): boolean => {
  const first = bytes[from]! | LOWER
  if ((first !== LETTER_N && first !== LETTER_U) || to - from > LONGEST_PLAIN_NULL_WORD)
    return false
  return isNullWord(String.fromCharCode(...bytes.subarray(from, to)))
}

/**
 * Whether the UTF-8 in `bytes[from, to)` is an id of the default form and not a null word. In most
 * cases, makes no string.
 */
export const isPlainContactId = (bytes: Uint8Array, from: number, to: number): boolean => {
  if (to === from || to - from > LONGEST || CLASS[bytes[from]!] !== STARTS) return false
  for (let at = from + 1; at < to; at += 1) if (!CLASS[bytes[at]!]) return false
  return !isPlainNullWord(bytes, from, to)
}

/**
 * Whether the id is the phone number of the row, in one of three notations: as in the row, as only
 * the digits in the row (if the E.164 form ends with these digits), or as the E.164 form without
 * the plus. A phone number may be given to another person later, so it does not identify a person.
 */
export const isPhoneNumber = (contactId: string, e164: string, written: string): boolean =>
  contactId === written ||
  (e164.endsWith(contactId) &&
    (contactId === e164.slice(1) || contactId === written.replace(/\D/g, '')))

/** An id with fewer digits counts as the phone number only in the notations of `isPhoneNumber`. */
export const FEWEST_PHONE_DIGITS = 7

/**
 * The last digits of a phone number are the same in every notation. At most this many of these
 * digits are compared. The first three digits are never compared, because they may be the calling
 * code.
 */
const KEPT_DIGITS = 6
const LONGEST_CALLING_CODE = 3

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39

const countDigits = (bytes: Uint8Array, from: number, to: number): number => {
  let count = 0
  for (let at = from; at < to; at += 1) if (isDigit(bytes[at]!)) count += 1
  return count
}

/** The bytes of one text inside a larger buffer: `bytes[from, to)`. */
export type Span = { bytes: Uint8Array; from: number; to: number }

/**
 * Compares the digits of the two texts from the end, at most `most` digits. Skips all characters of
 * the id that are not digits. `differ`: two digits were different.
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

const isLetter = (byte: number): boolean => (byte | LOWER) >= 0x61 && (byte | LOWER) <= 0x7a

/**
 * Whether the id ends with the last two digits of the phone and has a letter after a digit. The
 * last digits of such an id may be an extension, as in `4155550123x23`.
 */
const mayHaveExtension = ({ bytes, from, to }: Span, e164: Span): boolean => {
  for (const back of [1, 2]) if (bytes[to - back] !== e164.bytes[e164.to - back]) return false
  let at = from
  while (at < to && !isDigit(bytes[at]!)) at += 1
  while (at < to && !isLetter(bytes[at]!)) at += 1
  return at < to
}

/**
 * Whether an id of the default form may be the phone number, in a notation of `isPhoneNumber` or in
 * one that is read as a phone, for example `tel:4155550123`. false is certain: `tel:` is the only
 * word that a phone number may start with, and its last digits are the same in every notation,
 * except for an extension. true is not certain, so the caller must check further.
 */
export const mayBePhone = (id: Span, written: Span, e164: Span): boolean => {
  const startsWithDigit = isDigit(id.bytes[id.from]!)
  if (!startsWithDigit && (id.bytes[id.from]! | LOWER) !== LETTER_T) return false
  const e164Digits = e164.to - e164.from - 1
  const { differ } = sameEnd(id, e164, Math.min(KEPT_DIGITS, e164Digits - LONGEST_CALLING_CODE))
  if (differ && !mayHaveExtension(id, e164)) return false
  const digits = countDigits(id.bytes, id.from, id.to)
  if (digits >= FEWEST_PHONE_DIGITS) return true
  if (!startsWithDigit) return false
  return digits === e164Digits || digits === countDigits(written.bytes, written.from, written.to)
}
