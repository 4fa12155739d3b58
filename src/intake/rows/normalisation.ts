import { normaliseDate } from '../../domain/contacts/date.ts'
import { writeEmail } from '../../domain/emails/email-bytes.ts'
import { normaliseEmail } from '../../domain/emails/email.ts'
import { isPhoneRegion } from '../../domain/phones/phone-library.ts'
import { createPhoneReader } from '../../domain/phones/phone-reader.ts'
import type { PhoneReader } from '../../domain/phones/phone-reader.ts'
import type { PhoneTerms } from '../../domain/phones/phone-readings.ts'
import { normalisePhone } from '../../domain/phones/phone.ts'
import type { PhoneResult } from '../../domain/phones/phone.ts'

/** The result for a phone. `written`: the cell without white space around it. */
export type NormalisedPhone = { written: string } & PhoneResult

/**
 * Brings values into the form that goes to Genesys. `terms`: the region of national numbers, and
 * what happens to numbers that have lost their plus sign. No result depends on an earlier call, so
 * requests, jobs and tests get the same results. If a value cannot be brought into this form, the
 * result is a code or null, never a guess.
 */
export type Normalisation = {
  terms: PhoneTerms
  /**
   * Reads a phone as E.164, or returns the code of its fault, for example of damage by a
   * spreadsheet.
   */
  phone: (raw: string) => NormalisedPhone
  email: (raw: string) => string | null
  date: (raw: string) => string | null
  /** Like `phone`, but on bytes, and only for a cell that is a number and nothing else. */
  readPhone: PhoneReader
  /** Like `email`, but on bytes. Returns false if `email` must decide. */
  writeEmail: typeof writeEmail
}

/**
 * Returns the normalisation for these terms. If the region is unknown, national numbers are not
 * completed.
 */
export type NormalisationFor = (terms: PhoneTerms) => Normalisation

const createNormalisation = (terms: PhoneTerms): Normalisation => ({
  terms,
  phone: (raw) => {
    const written = raw.trim()
    return { ...normalisePhone(written, terms), written }
  },
  email: normaliseEmail,
  date: normaliseDate,
  readPhone: createPhoneReader(terms),
  writeEmail,
})

/**
 * Creates a function that returns normalisations. If the region exists, the function makes the
 * normalisation for the same terms only once.
 */
export const createNormalisations = (): NormalisationFor => {
  const made = new Map<string, Normalisation>()
  return (terms) => {
    const key = `${terms.region} ${terms.plus}`
    const known = made.get(key)
    if (known !== undefined) return known
    const normalisation = createNormalisation(terms)
    // Only regions that exist are remembered. Otherwise, invented regions could fill the memory.
    if (isPhoneRegion(terms.region)) made.set(key, normalisation)
    return normalisation
  }
}
