import type { DialectLimits } from '../../domain/contact-lists/contact-list.ts'
import { CONTACT_ID_PATTERN } from '../../domain/contacts/contact-id.ts'
import type { RejectionCode } from '../../domain/uploads/rejection.ts'
import type { UploadOptions } from '../../domain/uploads/upload-options.ts'
import { checkContactId } from './check-contact-id.ts'
import { type ConsentRule, createConsentRule } from './consent-check.ts'
import type { Normalisation, NormalisationFor } from './normalisation.ts'

/** What the configuration says about rows. */
export type RowRules = {
  /** For national numbers, when the options of a call name none (DEFAULT_PHONE_REGION). */
  defaultRegion: string
  /** CONTACT_ID_PATTERN. */
  contactIdPattern: RegExp
  /** CONSENT_REQUIRED_COUNTRIES; left out: none. */
  consentCountries?: ReadonlySet<string>
  /** The time, by which consent must have been given; needed if there are such countries. */
  now?: () => Date
}

/**
 * The steps that check the rows of one file of contacts. The kinds of its columns come with its
 * header.
 */
export type ContactSteps = {
  normalise: Normalisation
  checkId: (id: string) => RejectionCode | null
  /** What ids must match beyond the default shape. null: nothing. */
  idPattern: RegExp | null
  /** The most characters of a cell, as sent to Genesys. */
  longestCell: number
  /** null: rows need no consent. */
  consent: ConsentRule | null
}

/** The steps for one file, by the options of its call and by what Genesys accepts. */
export type BuildContactSteps = (file: {
  options: Pick<UploadOptions, 'defaultRegion' | 'phonePlus'>
  limits: Pick<DialectLimits, 'cellChars'>
}) => ContactSteps

/** Builds the steps for files of contacts. */
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
