import type { DialectLimits } from '../../domain/contact-lists/contact-list.ts'
import { CONTACT_ID_PATTERN } from '../../domain/contacts/contact-id.ts'
import type { RejectionCode } from '../../domain/uploads/rejection.ts'
import type { UploadOptions } from '../../domain/uploads/upload-options.ts'
import { checkContactId } from './check-contact-id.ts'
import { type ConsentRule, createConsentRule } from './consent-check.ts'
import type { Normalisation, NormalisationFor } from './normalisation.ts'

/** What the configuration requires of rows. */
export type RowRules = {
  /** DEFAULT_PHONE_REGION: the country of national numbers, if the upload names no country. */
  defaultRegion: string
  /** CONTACT_ID_PATTERN: the form that contact ids must have. */
  contactIdPattern: RegExp
  /** CONSENT_REQUIRED_COUNTRIES: the countries whose numbers need consent. Default: none. */
  consentCountries?: ReadonlySet<string>
  /**
   * The clock that decides whether a consent is in the future. Needed if `consentCountries` has a
   * country.
   */
  now?: () => Date
}

/** The steps that check the rows of one file of contacts. They do not depend on its columns. */
export type ContactSteps = {
  normalise: Normalisation
  checkId: (id: string) => RejectionCode | null
  /** The pattern for contact ids. null: the default pattern. */
  idPattern: RegExp | null
  /** The most characters of a cell in the form sent to Genesys. */
  longestCell: number
  /** null: consent is not checked. */
  consent: ConsentRule | null
}

/** Builds the steps for one file from the options of its upload and the limits of Genesys. */
export type BuildContactSteps = (file: {
  options: Pick<UploadOptions, 'defaultRegion' | 'phonePlus'>
  limits: Pick<DialectLimits, 'cellChars'>
}) => ContactSteps

/** Creates the builder of steps for files of contacts. */
export const createContactSteps = (
  { defaultRegion, contactIdPattern, consentCountries = new Set(), now }: RowRules,
  normalisationFor: NormalisationFor,
): BuildContactSteps => {
  const isDefault = String(contactIdPattern) === String(CONTACT_ID_PATTERN)
  return ({ options, limits }) => ({
    normalise: normalisationFor({
      region: options.defaultRegion ?? defaultRegion,
      plus: options.phonePlus ?? 'reject',
    }),
    checkId: (id) => checkContactId(id, contactIdPattern),
    idPattern: isDefault ? null : contactIdPattern,
    longestCell: limits.cellChars ?? Number.MAX_SAFE_INTEGER,
    consent: createConsentRule(consentCountries, now),
  })
}
