import { phoneDamage } from './phone-damage.ts'
import type { PhoneDamage } from './phone-damage.ts'
import { PHONE_INVALID, PHONE_LOCAL, PHONE_PLUS_LOST, PHONE_SHORT } from './phone-direct.ts'
import { phoneByLibrary } from './phone-library.ts'
import type { PhoneRefusal } from './phone-library.ts'
import { nationalDigitsOf } from './phone-plans.ts'
import {
  E164_LONGEST,
  FEWEST_WHOLE_DIGITS,
  PHONE_LONGEST,
  createPhoneReader,
} from './phone-reader.ts'
import type { PhoneReader } from './phone-reader.ts'
import type { PhoneTerms } from './phone-readings.ts'
import { holdsSeveral } from './phone-several.ts'
import { plainPhoneText, withoutDecimals, withoutUri } from './phone-text.ts'

export type PhoneCode = PhoneRefusal | PhoneDamage | 'phone-several'

/**
 * `direct`: the library was not needed. Only metrics use this member. `ext`: the extension, which
 * is stored separately. `decimals`: the `.0` of a spreadsheet was removed.
 */
export type PhoneResult =
  | { ok: true; e164: string; ext: string | null; direct: boolean; decimals: boolean }
  | { ok: false; code: PhoneCode; direct: boolean }

/** The result for a text that is one number and nothing else. */
type Judged =
  | { ok: true; e164: string; ext: string | null; direct: boolean }
  | { ok: false; code: PhoneRefusal; direct: boolean }

const REFUSALS: Readonly<Record<number, PhoneRefusal>> = {
  [PHONE_INVALID]: 'phone-invalid',
  [PHONE_SHORT]: 'phone-short-or-emergency',
  [PHONE_PLUS_LOST]: 'phone-plus-lost',
  [PHONE_LOCAL]: 'phone-local-only',
}

/**
 * Two readers for the same terms. `any`: leaves a cell undecided if it may hold several numbers.
 * `one`: the caller has already checked that the cell holds one number.
 */
type Readers = { any: PhoneReader; one: PhoneReader }

const readers = new Map<string, Readers>()
/**
 * The most pairs of readers that are kept. All pairs of a supported region and a value of `plus`
 * are fewer. The limit keeps hostile input from growing the map.
 */
const MOST_READERS = 1000

const readersFor = (terms: PhoneTerms): Readers => {
  const key = `${terms.region} ${terms.plus}`
  const known = readers.get(key)
  if (known !== undefined) return known
  const made = { any: createPhoneReader(terms), one: createPhoneReader(terms, true) }
  if (readers.size < MOST_READERS) readers.set(key, made)
  return made
}

/**
 * A buffer, because the rows of files are buffers too: V8 compiles a reader for one class of bytes.
 */
const bytes = Buffer.alloc(PHONE_LONGEST)
const e164 = Buffer.alloc(E164_LONGEST)

const answerOf = (text: string, read: PhoneReader): Judged | null => {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code > 0x7f) return null
    bytes[at] = code
  }
  const answer = read(bytes, 0, text.length, e164, 0)
  if (answer > 0)
    return { ok: true, e164: e164.toString('latin1', 0, answer), ext: null, direct: true }
  const code = REFUSALS[answer]
  return code === undefined ? null : { ok: false, code, direct: true }
}

/** The answer without the library. null: the library must judge. */
export const directly = (text: string, terms: PhoneTerms): Judged | null =>
  answerOf(text, readersFor(terms).one)

const judgeText = (text: string, terms: PhoneTerms): Judged => {
  if (text.length > PHONE_LONGEST) return { ok: false, code: 'phone-invalid', direct: true }
  return directly(text, terms) ?? { ...phoneByLibrary(text, terms), direct: false }
}

/** A text with fewer digits after the calling code counts as an area code, and not as a number. */
const FEWEST_NATIONAL_DIGITS = 6

const isWholeNumber =
  (terms: PhoneTerms) =>
  (text: string): boolean => {
    const judged = judgeText(text, terms)
    if (!judged.ok) return judged.code === 'phone-plus-lost'
    return nationalDigitsOf(judged.e164) >= FEWEST_NATIONAL_DIGITS
  }

/**
 * The apostrophe that makes a spreadsheet store a cell as text. A person types `'`, and a word
 * processor changes it to `’`. No number begins with either.
 */
const TEXT_MARK = /^['’]\s*(?=[+(\d])/u
/** A longer cell is not read, even if it would be short enough without its invisible characters. */
const LONGEST_CELL = PHONE_LONGEST * 4
/** An extension with more digits counts as a second number. */
const LONGEST_EXTENSION = FEWEST_WHOLE_DIGITS - 1

const refused = (code: PhoneCode, direct: boolean): PhoneResult => ({ ok: false, code, direct })

/**
 * The result for a number. If it is not valid, the code says how it was damaged, where this shows.
 */
const withDamage = (
  judged: Judged,
  number: string,
  terms: PhoneTerms,
  decimals: boolean,
): PhoneResult => {
  if (judged.ok) return { ...judged, decimals }
  if (judged.code !== 'phone-invalid') return judged
  const damage = phoneDamage(number, (text) => judgeText(text, terms).ok)
  return damage === null ? judged : refused(damage, judged.direct)
}

/**
 * Normalises a phone number to E.164. Every path of the gateway gives the result of this function.
 * (Fast paths call `PhoneReader` first, and this function for the numbers that are left undecided.)
 * The whole cell must be one number. A number within a sentence is not extracted. A cell with two
 * numbers, or with two valid readings, is refused. Short codes, emergency numbers, numbers without
 * an area code, and numbers with more digits than E.164 allows are refused too. `terms`: how
 * national numbers are completed.
 */
export const normalisePhone = (written: string, terms: PhoneTerms): PhoneResult => {
  if (written.length > LONGEST_CELL) return refused('phone-invalid', true)
  const plain = written.length > PHONE_LONGEST ? null : answerOf(written, readersFor(terms).any)
  if (plain !== null) return withDamage(plain, written.trim(), terms, false)
  const text = plainPhoneText(written).replace(TEXT_MARK, '')
  const whole = withoutDecimals(text)
  const number = withoutUri(whole ?? text)
  if (number === null) return refused('phone-invalid', true)
  if (holdsSeveral(number, isWholeNumber(terms))) return refused('phone-several', true)
  const judged = judgeText(number.replaceAll('\n', ' '), terms)
  if (judged.ok && (judged.ext ?? '').length > LONGEST_EXTENSION)
    return refused('phone-several', judged.direct)
  return withDamage(judged, number, terms, whole !== null)
}
