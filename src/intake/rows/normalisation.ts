import { normaliseDate } from '../../domain/contacts/date.ts'
import { writeEmail } from '../../domain/emails/email-bytes.ts'
import { normaliseEmail } from '../../domain/emails/email.ts'
import { createPhoneReader } from '../../domain/phones/phone-reader.ts'
import type { PhoneReader } from '../../domain/phones/phone-reader.ts'
import { isPhoneRegion, normalisePhone } from '../../domain/phones/phone.ts'
import type { PhoneResult } from '../../domain/phones/phone.ts'
import type { RejectionCode } from '../../domain/uploads/rejection.ts'
import { phoneDamage, withoutTextMark } from './spreadsheet-damage.ts'

/** `written`: without a spreadsheet's text mark; `direct`: decided without the library. */
export type NormalisedPhone = { written: string; direct: boolean } & (
  | { ok: true; e164: string; ext: string | null }
  | { ok: false; code: RejectionCode }
)

/**
 * The steps that bring values into the form in which they go to Genesys, for one region. Pure and without memory: requests, jobs and property
 * tests use the same ones. What cannot be brought into form is a code or null, never a guess.
 */
export type Normalisation = {
  /** Two capital letters (ISO 3166-1); completes national numbers. */
  region: string
  /** A phone cell: E.164, or the code that says what is wrong, also what a spreadsheet did to it. */
  phone: (raw: string) => NormalisedPhone
  /** Nothing but the number, without a look at what a spreadsheet may have done. */
  number: (text: string) => PhoneResult
  email: (raw: string) => string | null
  date: (raw: string) => string | null
  /** `number` over bytes. */
  readPhone: PhoneReader
  /** `email` over bytes; false = ask `email`. */
  writeEmail: typeof writeEmail
}

/** The steps for a region; one that the metadata does not know completes nothing. */
export type NormalisationFor = (region: string) => Normalisation

const createNormalisation = (region: string): Normalisation => ({
  region,
  phone: (raw) => {
    const written = withoutTextMark(raw.trim())
    const result = normalisePhone(written, region)
    if (result.ok) return { ...result, written }
    const damage = result.code === 'phone-invalid' ? phoneDamage(written, region) : null
    return { ok: false, code: damage ?? result.code, written, direct: result.direct }
  },
  number: (text) => normalisePhone(text, region),
  email: normaliseEmail,
  date: normaliseDate,
  readPhone: createPhoneReader(region),
  writeEmail,
})

/** The steps of every region, each made once. */
export const createNormalisations = (): NormalisationFor => {
  const made = new Map<string, Normalisation>()
  return (region) => {
    const known = made.get(region)
    if (known !== undefined) return known
    const normalisation = createNormalisation(region)
    // Only the regions that exist are kept, so that hostile input cannot grow the map.
    if (isPhoneRegion(region)) made.set(region, normalisation)
    return normalisation
  }
}
