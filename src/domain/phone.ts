import parsePhoneNumber, { isSupportedCountry } from 'libphonenumber-js/max'
import type { CountryCode } from 'libphonenumber-js/max'

import { directE164 } from './phone-direct.ts'

/** Longer text is no phone number, and parsing it costs milliseconds. */
export const PHONE_LONGEST = 40

/** Longest national number that counts as a short code when no numbering plan knows it. */
const SHORT_DIGITS = 6

/** Emergency, crisis and service codes over the world; refused whatever a numbering plan says of them. */
const EMERGENCY = new Set(
  (
    '000 08 100 101 102 103 104 105 106 108 110 111 112 113 114 115 116 117 118 119 120 122 123 128 133 140 144 ' +
    '155 158 190 191 192 193 194 197 198 199 211 311 411 511 611 711 811 911 933 988 990 991 992 993 994 995 997 998 ' +
    '999 1122 116000 116006 116111 116117 116123'
  ).split(' '),
)

/** `direct`: recognised without the library; only for counting. `ext`: the extension, kept apart from the number. */
export type PhoneResult =
  | { ok: true; e164: string; ext: string | null; direct: boolean }
  | { ok: false; code: 'phone-invalid' | 'phone-short-or-emergency'; direct: false }

const INVALID: PhoneResult = { ok: false, code: 'phone-invalid', direct: false }
const SHORT: PhoneResult = { ok: false, code: 'phone-short-or-emergency', direct: false }

/** Whether national numbers can be completed for the region (two capital letters, ISO 3166-1). */
export const isPhoneRegion = (region: string): boolean => isSupportedCountry(region)

const isShort = (digits: string): boolean => EMERGENCY.has(digits)

const byLibrary = (text: string, defaultRegion: string): PhoneResult => {
  const written = text.replace(/\D/g, '')
  if (isShort(written)) return SHORT
  const parsed = parsePhoneNumber(text, {
    defaultCountry: defaultRegion as CountryCode,
    extract: false,
  })
  if (parsed === undefined) return written.length > 0 && /^\+?\d{1,6}$/.test(text) ? SHORT : INVALID
  const national = parsed.nationalNumber
  if (isShort(national)) return SHORT
  if (!parsed.isValid()) return national.length <= SHORT_DIGITS ? SHORT : INVALID
  return { ok: true, e164: parsed.number, ext: parsed.ext ?? null, direct: false }
}

/**
 * A phone number in E.164, valid by the full metadata of libphonenumber. `defaultRegion` completes national numbers. The whole
 * text must be the number: nothing is extracted from a sentence. Short codes and emergency numbers are refused.
 */
export const normalisePhone = (written: string, defaultRegion: string): PhoneResult => {
  const text = written.trim()
  if (text.length > PHONE_LONGEST) return INVALID
  const direct = directE164(text, defaultRegion)
  if (direct !== null) return { ok: true, e164: direct, ext: null, direct: true }
  return byLibrary(text, defaultRegion)
}
