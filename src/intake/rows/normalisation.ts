import { normaliseDate } from '../../domain/contacts/date.ts'
import { writeEmail } from '../../domain/emails/email-bytes.ts'
import { normaliseEmail } from '../../domain/emails/email.ts'
import { isPhoneRegion } from '../../domain/phones/phone-library.ts'
import { createPhoneReader } from '../../domain/phones/phone-reader.ts'
import type { PhoneReader } from '../../domain/phones/phone-reader.ts'
import type { PhoneTerms } from '../../domain/phones/phone-readings.ts'
import { normalisePhone } from '../../domain/phones/phone.ts'
import type { PhoneResult } from '../../domain/phones/phone.ts'

/** `written`: the cell without white space around it. */
export type NormalisedPhone = { written: string } & PhoneResult

/**
 * The steps that bring values into the form in which they go to Genesys, for one region and one way
 * of reading its numbers. Pure and without memory: requests, jobs and property tests use the same
 * ones. What cannot be brought into form is a code or null, never a guess.
 */
export type Normalisation = {
  terms: PhoneTerms
  /** A phone cell: E.164, or the code of its fault, including what a spreadsheet did to it. */
  phone: (raw: string) => NormalisedPhone
  email: (raw: string) => string | null
  date: (raw: string) => string | null
  /** `phone` over bytes, for a cell that is nothing but a number. */
  readPhone: PhoneReader
  /** `email` over bytes; false = ask `email`. */
  writeEmail: typeof writeEmail
}

/** The steps with these terms. A region that the metadata does not know completes nothing. */
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

/** The steps by all terms, each made once. */
export const createNormalisations = (): NormalisationFor => {
  const made = new Map<string, Normalisation>()
  return (terms) => {
    const key = `${terms.region} ${terms.plus}`
    const known = made.get(key)
    if (known !== undefined) return known
    const normalisation = createNormalisation(terms)
    // Only the regions that exist are kept, so that hostile input cannot grow the map.
    if (isPhoneRegion(terms.region)) made.set(key, normalisation)
    return normalisation
  }
}
