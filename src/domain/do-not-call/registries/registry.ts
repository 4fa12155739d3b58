/**
 * A list of numbers that a state or an association keeps. The law forbids calls to contacts that
 * were not checked against this list.
 */
export type Registry = {
  name: string
  /** The country of its numbers, ISO 3166-1 alpha-2. */
  country: string
  /**
   * How many days old an edition may be when people are called. null: DNC_MAX_AGE_DAYS is the
   * limit. If this variable is not set either, the country's rule sets the limit
   * (`registryAgeDays`).
   */
  maxAgeDays: number | null
  /** The edition in force. null: no edition is in force. */
  current: Edition | null
  version: number
  createdAt: string
  updatedAt: string
}

/**
 * What the file of an edition contains. `full`: all numbers. `add` and `remove`: only the numbers
 * to add to the edition in force, or to remove from it.
 */
export const EDITION_CHANGES = ['full', 'add', 'remove'] as const
export type EditionChange = (typeof EDITION_CHANGES)[number]

/** For each state, the states that may follow it. Callers do not see `receiving`. */
const EDITION_TRANSITIONS = {
  receiving: ['loading'],
  loading: ['current', 'failed'],
  current: ['replaced', 'deleted'],
  replaced: ['deleted'],
  failed: ['deleted'],
  deleted: [],
} as const satisfies Record<string, readonly string[]>
export type EditionState = keyof typeof EDITION_TRANSITIONS
/**
 * The states of `Edition` in answers. Callers see an edition in `receiving` only as a
 * `ReceivingEdition`.
 */
export const SEEN_EDITION_STATES = (Object.keys(EDITION_TRANSITIONS) as EditionState[]).filter(
  (state) => state !== 'receiving',
)

/** The states in which an edition may be deleted. Deleting an edition also destroys its key. */
export const DELETABLE_EDITIONS = (Object.keys(EDITION_TRANSITIONS) as EditionState[]).filter(
  (state) => (EDITION_TRANSITIONS[state] as readonly string[]).includes('deleted'),
)

/**
 * An edition of a registry. Its numbers never change once it is in force. Times are ISO 8601 UTC.
 */
export type Edition = {
  id: string
  registry: string
  state: EditionState
  change: EditionChange
  /**
   * The edition that was in force until this one came into force. If the file has only changes
   * (`add` or `remove`), they are applied to that earlier edition. null: there is no earlier
   * edition, or this full edition has not come into force yet.
   */
  baseId: string | null
  /** The time of the data, as the caller stated it. Default: when the file began to arrive. */
  asOf: string
  /** The subscription under which the edition was obtained. */
  subscription: string | null
  lines: number
  numbers: number
  rejected: number
  firstRejectedLine: number | null
  bytes: number
  sha256: string | null
  /**
   * How many numbers of this edition are missing in the previous edition. If there is no previous
   * edition, all numbers count. null: the gateway has not compared the two editions yet, the
   * previous edition was deleted before that, or this edition has not come into force.
   */
  added: number | null
  problem: string | null
  createdAt: string
  currentAt: string | null
  deletedAt: string | null
}

/**
 * An edition that is still incomplete: the gateway has stored a part of its file, and the rest may
 * follow. Times are ISO 8601 UTC.
 */
export type ReceivingEdition = Pick<
  Edition,
  'id' | 'change' | 'asOf' | 'subscription' | 'createdAt'
> & {
  /** How many bytes of the file are stored. The next part begins after them. */
  offset: number
  /** If no further part arrives, the stored part is deleted at this time. */
  keptUntil: string
}

/**
 * An edition against which the rows of a contact list are checked. `number`: its number in the
 * database.
 */
export type EditionInForce = { number: number; registry: string; country: string }

/** How the rows of an upload were checked against registries. */
export type RegistryLook = {
  /** The suppression epochs before the lookup, by tenant. */
  epochs: Readonly<Record<string, number>>
  /** The editions against which the rows were checked, by their numbers in the database. */
  editions: readonly number[]
  /** The countries to which the phones of accepted rows may belong, ISO 3166-1 alpha-2, sorted. */
  countries: readonly string[]
}
