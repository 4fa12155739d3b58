/**
 * Why a person must not be called. Each reason is stored as a number. A larger number is a stronger
 * reason.
 */
export const DNC_REASONS = { UNSPECIFIED: 1, CUSTOMER_REQUEST: 2, REGULATORY: 3 } as const
export type DncReason = keyof typeof DNC_REASONS
export const DNC_REASON_NAMES = Object.keys(DNC_REASONS) as DncReason[]

/** What the configuration says about entries. */
export type DncRules = {
  /** The CRM's own words for reasons, in lower case, from the setting DNC_REASONS. */
  reasons: ReadonlyMap<string, DncReason>
  /**
   * The countries from DNC_ALLOWED_COUNTRIES. Numbers of these countries are sent without a release
   * by a person.
   */
  allowedCountries: ReadonlySet<string>
}

export type SubjectKind = 'phone' | 'email'

/**
 * The fields of an entry. A caller can also set them for all entries of a call, as options.
 * Exceptions: `phoneNumber`, `email` and `originalReason`.
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
 * The fields of a removal. Its `reason` is free text. A removal has no expiry, because it ends
 * entries immediately.
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
   * A phone in E.164 without extension, or an address as `subjectOf` folds it. The same phone or
   * address always has the same text.
   */
  subject: string
  terms: EntryTerms
  /**
   * Whether the number belongs to no country, or to a country that is not allowed. The gateway
   * suppresses the person of a quarantined entry immediately, but sends the entry to Genesys only
   * after someone releases it.
   */
  quarantined: boolean
}

/** The terms of an entry: everything except the person. */
export type EntryTerms = {
  reason: DncReason
  /**
   * The CRM's own word for the reason: the field `originalReason` or, if this field is empty, a
   * `reason` that is not one of `DNC_REASONS`. null: there is none. For a removal: its reason as
   * free text.
   */
  originalReason: string | null
  source: string | null
  /**
   * When the person asked not to be called (ISO 8601, UTC). If null, the time at which the gateway
   * received the entry counts instead.
   */
  receivedAt: string | null
  /** ISO 8601, UTC. null: never. */
  expiresAt: string | null
  /** The contact lists for which the entry is in force, sorted, each once. null: all lists. */
  contactListIds: readonly string[] | null
}
