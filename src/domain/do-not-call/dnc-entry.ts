import { domainToASCII } from 'node:url'

/** Why somebody is not to be called, from the weakest to the strongest. The number is how a reason is stored: the larger one stands. */
export const DNC_REASONS = { UNSPECIFIED: 1, CUSTOMER_REQUEST: 2, REGULATORY: 3 } as const
export type DncReason = keyof typeof DNC_REASONS
export const DNC_REASON_NAMES = Object.keys(DNC_REASONS) as DncReason[]

/** What the configuration says of entries. */
export type DncRules = {
  /** The CRM's own words of reasons (DNC_REASONS), in lower case. */
  reasons: ReadonlyMap<string, DncReason>
  /** DNC_ALLOWED_COUNTRIES. */
  allowedCountries: ReadonlySet<string>
}

export type SubjectKind = 'phone' | 'email'

/** The words of an entry, which the rows of a file and the options of a call have alike. */
export const ENTRY_FIELDS = [
  'phoneNumber',
  'email',
  'reason',
  'source',
  'receivedAt',
  'expiresAt',
  'expires',
  'region',
  'contactListIds',
] as const
export type EntryField = (typeof ENTRY_FIELDS)[number]

/** An entry that passed. */
export type DncEntry = {
  kind: SubjectKind
  /** E.164 without extension, or the address folded by `foldEmail`: the same person is the same text. */
  subject: string
  terms: EntryTerms
  /** Of a country that is not among those allowed, or of none: suppresses, and is not sent before somebody releases it. */
  quarantined: boolean
}

/** What an entry says beside whom it is about. */
export type EntryTerms = {
  reason: DncReason
  /** What the caller wrote, where that is no reason of Genesys. */
  originalReason: string | null
  source: string | null
  /** When the person said it (ISO 8601, UTC); null: when it came in. */
  receivedAt: string | null
  /** ISO 8601, UTC; null: never. */
  expiresAt: string | null
  /** Sorted, each once; null: all. */
  contactListIds: readonly string[] | null
}

/** Full case folding of what JavaScript can fold: capital and small sharp s, both small sigmas and the long s come to the same. */
const folded = (text: string): string =>
  text.normalize('NFC').toLowerCase().toUpperCase().toLowerCase().normalize('NFC')

/**
 * The address by which a person is found again: NFC, folded whole, its domain as A-label. Folding the local part too may take two boxes for one, which
 * suppresses too much and never too little. `normalised` is a valid address.
 */
export const foldEmail = (normalised: string): string => {
  const at = normalised.lastIndexOf('@')
  const domain = normalised
    .slice(at + 1)
    .normalize('NFC')
    .toLowerCase()
  return `${folded(normalised.slice(0, at))}@${domainToASCII(domain) || domain}`
}
