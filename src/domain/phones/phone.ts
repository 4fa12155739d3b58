import { isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/max'
import type { CountryCode } from 'libphonenumber-js/max'

import { PHONE_INVALID, PHONE_SHORT } from './phone-direct.ts'
import { E164_LONGEST, PHONE_LONGEST, createPhoneReader } from './phone-reader.ts'
import type { PhoneReader } from './phone-reader.ts'
import { EMERGENCY_CODES, SHORT_DIGITS } from './phone-short-codes.ts'

/** `direct`: decided without the library; only for counting. `ext`: the extension, kept apart from the number. */
export type PhoneResult =
  | { ok: true; e164: string; ext: string | null; direct: boolean }
  | { ok: false; code: 'phone-invalid' | 'phone-short-or-emergency'; direct: boolean }

const refused = (code: 'phone-invalid' | 'phone-short-or-emergency', direct: boolean) =>
  ({ ok: false, code, direct }) as const satisfies PhoneResult

const INVALID = refused('phone-invalid', false)
const SHORT = refused('phone-short-or-emergency', false)
const DIRECTLY_INVALID = refused('phone-invalid', true)
const DIRECTLY_SHORT = refused('phone-short-or-emergency', true)

const emergencyCodes = new Set(EMERGENCY_CODES)

/** Whether national numbers can be completed for the region (two capital letters, ISO 3166-1). */
export const isPhoneRegion = (region: string): boolean => isSupportedCountry(region)

/**
 * What `normalisePhone` says when the library is asked for everything: the reference that the direct way is held to, and its way
 * out for unusual numbers. `text` is trimmed and at most `PHONE_LONGEST` characters long.
 */
export const phoneByLibrary = (text: string, defaultRegion: string): PhoneResult => {
  const written = text.replace(/\D/g, '')
  if (emergencyCodes.has(written)) return SHORT
  const parsed = parsePhoneNumberFromString(text, {
    defaultCountry: defaultRegion as CountryCode,
    extract: false,
  })
  if (parsed === undefined) return written.length > 0 && /^\+?\d{1,6}$/.test(text) ? SHORT : INVALID
  const national = parsed.nationalNumber
  if (emergencyCodes.has(national)) return SHORT
  if (!parsed.isValid()) return national.length <= SHORT_DIGITS ? SHORT : INVALID
  return { ok: true, e164: parsed.number, ext: parsed.ext ?? null, direct: false }
}

const readers = new Map<string, PhoneReader>()

const readerFor = (region: string): PhoneReader => {
  const known = readers.get(region)
  if (known !== undefined) return known
  const reader = createPhoneReader(region)
  // Only the regions that exist are kept, so that hostile input cannot grow the map.
  if (isPhoneRegion(region)) readers.set(region, reader)
  return reader
}

const bytes = new Uint8Array(PHONE_LONGEST)
const e164 = Buffer.alloc(E164_LONGEST)

/** The direct answer; null = the library's to judge. */
const directly = (text: string, defaultRegion: string): PhoneResult | null => {
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at)
    if (code > 0x7f) return null
    bytes[at] = code
  }
  const answer = readerFor(defaultRegion)(bytes, 0, text.length, e164, 0)
  if (answer > 0)
    return { ok: true, e164: e164.toString('latin1', 0, answer), ext: null, direct: true }
  if (answer === PHONE_INVALID) return DIRECTLY_INVALID
  return answer === PHONE_SHORT ? DIRECTLY_SHORT : null
}

/**
 * A phone number in E.164, valid by the full metadata of libphonenumber. `defaultRegion` completes national numbers. The whole
 * text must be the number: nothing is extracted from a sentence. Short codes and emergency numbers are refused.
 */
export const normalisePhone = (written: string, defaultRegion: string): PhoneResult => {
  const text = written.trim()
  if (text.length > PHONE_LONGEST) return INVALID
  return directly(text, defaultRegion) ?? phoneByLibrary(text, defaultRegion)
}
