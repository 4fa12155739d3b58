/**
 * Why a person must not be called, from the weakest reason to the strongest. The number is how a
 * reason is stored. The larger number wins.
 */
export const DNC_REASONS = { UNSPECIFIED: 1, CUSTOMER_REQUEST: 2, REGULATORY: 3 } as const
export type DncReason = keyof typeof DNC_REASONS
export const DNC_REASON_NAMES = Object.keys(DNC_REASONS) as DncReason[]

/** What the configuration says about entries. */
export type DncRules = {
  /** The CRM's own words for reasons (DNC_REASONS), in lower case. */
  reasons: ReadonlyMap<string, DncReason>
  /** DNC_ALLOWED_COUNTRIES. */
  allowedCountries: ReadonlySet<string>
}

export type SubjectKind = 'phone' | 'email'

/**
 * The fields of an entry. The options of a call have the same fields, without the person and
 * `originalReason`.
 */
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

/**
 * The fields of a removal. Its `reason` is free text. A removal ends what is in force, and does not
 * expire itself.
 */
export const REMOVAL_FIELDS = [
  'phoneNumber',
  'email',
  'reason',
  'source',
  'receivedAt',
  'region',
  'contactListIds',
] as const satisfies readonly EntryField[]

/** An entry that passed validation. */
export type DncEntry = {
  kind: SubjectKind
  /**
   * E.164 without extension, or the address as `subjectOf` folds it. The same person is always the
   * same text.
   */
  subject: string
  terms: EntryTerms
  /**
   * Whether the number is of a country that is not allowed, or of none. Such an entry suppresses,
   * but is not sent before a person releases it.
   */
  quarantined: boolean
}

/** The terms of an entry: everything but the person. */
export type EntryTerms = {
  reason: DncReason
  /** What the caller wrote, if that is not a reason of Genesys. */
  originalReason: string | null
  source: string | null
  /** When the person said it (ISO 8601, UTC). null: when the gateway received it. */
  receivedAt: string | null
  /** ISO 8601, UTC. null: never. */
  expiresAt: string | null
  /** Sorted, each once. null: all. */
  contactListIds: readonly string[] | null
}
