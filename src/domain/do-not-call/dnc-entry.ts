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

/** The words of an entry. The options of a call have the same, without the person and `originalReason`. */
export const ENTRY_FIELDS = [
  'phoneNumber',
  'email',
  'reason',
  'originalReason',
  'source',
  'receivedAt',
  'expiresAt',
  'expires',
  'region',
  'contactListIds',
] as const
export type EntryField = (typeof ENTRY_FIELDS)[number]

/** The words of a removal, whose `reason` is said in the caller's own words: it ends what stands, and has no end itself. */
export const REMOVAL_FIELDS = [
  'phoneNumber',
  'email',
  'reason',
  'source',
  'receivedAt',
  'region',
  'contactListIds',
] as const satisfies readonly EntryField[]

/** An entry that passed. */
export type DncEntry = {
  kind: SubjectKind
  /** E.164 without extension, or the address folded by `subjectOf`: the same person is the same text. */
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
