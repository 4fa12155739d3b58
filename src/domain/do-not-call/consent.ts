import { isBlank } from '../text/unseen-characters.ts'
import { instantOf } from './instant.ts'

/**
 * The columns in which a file states when a person agreed to be called, and how this is known. The
 * gateway reads these columns even if the contact list does not have them. The cells go to Genesys
 * only if the contact list has the columns.
 */
export const CONSENT_COLUMNS = ['consentAt', 'consentSource'] as const
export type ConsentColumn = (typeof CONSENT_COLUMNS)[number]

/**
 * Whether a column states consent, by the exact spelling of its name. null: the column has
 * no target, so it states no consent.
 */
export const isConsentColumn = (name: string | null): name is ConsentColumn =>
  (CONSENT_COLUMNS as readonly (string | null)[]).includes(name)

/**
 * What the two cells of a row say. `missing`: at least one of the two cells is empty, and
 * `consentAt` has no fault. `consent-time-invalid`: `consentAt` is not a time with a zone.
 * `consent-time-future`: `consentAt` is more than `AHEAD_MS` in the future.
 */
export type Consent = 'given' | 'missing' | 'consent-time-invalid' | 'consent-time-future'

/** The clock of the CRM may be this much ahead of the gateway's clock. */
const AHEAD_MS = 5 * 60_000

/** `nowMs`: the gateway's time, in milliseconds since 1970. */
export const readConsent = (consentAt: string, consentSource: string, nowMs: number): Consent => {
  if (isBlank(consentAt)) return 'missing'
  const instant = instantOf(consentAt.trim())
  if (instant === null) return 'consent-time-invalid'
  if (Date.parse(instant) > nowMs + AHEAD_MS) return 'consent-time-future'
  return isBlank(consentSource) ? 'missing' : 'given'
}
