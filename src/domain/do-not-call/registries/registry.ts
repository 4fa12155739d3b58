/**
 * A list of numbers that a state or an association keeps. No contact list may be called without
 * checking it.
 */
export type Registry = {
  name: string
  /** The country of its numbers, ISO 3166-1 alpha-2. */
  country: string
  /** An older edition is too old to call by. null: as the configuration says. */
  maxAgeDays: number | null
  /** The edition in force. null: none. */
  current: Edition | null
  version: number
  createdAt: string
  updatedAt: string
}

/**
 * How an edition says what changed: all numbers, or those to add to the edition before, or to
 * remove from it.
 */
export const EDITION_CHANGES = ['full', 'add', 'remove'] as const
export type EditionChange = (typeof EDITION_CHANGES)[number]

/** From each state, the states that may follow. Callers do not see `receiving`. */
const EDITION_TRANSITIONS = {
  receiving: ['loading'],
  loading: ['current', 'failed'],
  current: ['replaced', 'deleted'],
  replaced: ['deleted'],
  failed: ['deleted'],
  deleted: [],
} as const satisfies Record<string, readonly string[]>
export type EditionState = keyof typeof EDITION_TRANSITIONS
export const SEEN_EDITION_STATES = (Object.keys(EDITION_TRANSITIONS) as EditionState[]).filter(
  (state) => state !== 'receiving',
)

/** The states in which an edition may be deleted and its key shredded. */
export const DELETABLE_EDITIONS = (Object.keys(EDITION_TRANSITIONS) as EditionState[]).filter(
  (state) => (EDITION_TRANSITIONS[state] as readonly string[]).includes('deleted'),
)

/** An edition of a registry. It never changes once it is in force. Times are ISO 8601 UTC. */
export type Edition = {
  id: string
  registry: string
  state: EditionState
  change: EditionChange
  /** The edition that it was compared with, or that it changes. */
  baseId: string | null
  /** The day that it describes, as its publisher says. */
  asOf: string
  /** The subscription under which it was obtained. */
  subscription: string | null
  lines: number
  numbers: number
  rejected: number
  firstRejectedLine: number | null
  bytes: number
  sha256: string | null
  /** How many numbers the edition before did not have. null: not compared yet. */
  added: number | null
  problem: string | null
  createdAt: string
  currentAt: string | null
  deletedAt: string | null
}

/** An edition of which the gateway has a part. The rest may still come. Stamps are ISO 8601 UTC. */
export type ReceivingEdition = Pick<
  Edition,
  'id' | 'change' | 'asOf' | 'subscription' | 'createdAt'
> & {
  /** How many bytes of the file are kept. The rest begins behind them. */
  offset: number
  /** The part is kept until then if nothing more comes. */
  keptUntil: string
}

/**
 * An edition in which the rows of a contact list are looked up. `number` is its short name in the
 * store.
 */
export type EditionInForce = { number: number; registry: string; country: string }

/** The result of looking up an upload's rows in the registries. */
export type RegistryLook = {
  /** The suppression epochs before the look-up, by tenant. */
  epochs: Readonly<Record<string, number>>
  /** The numbers of the editions. */
  editions: readonly number[]
  /** The countries of the phones of accepted rows, ISO 3166-1 alpha-2, sorted. */
  countries: readonly string[]
}
