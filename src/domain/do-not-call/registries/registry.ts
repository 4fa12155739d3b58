/** A list of numbers that a state or an association keeps, which no contact list may be called against without. */
export type Registry = {
  name: string
  /** ISO 3166-1 alpha-2: whose numbers it holds. */
  country: string
  /** An edition older than this is too old to call by; null: as the configuration says. */
  maxAgeDays: number | null
  /** The edition in force; null: there is none. */
  current: Edition | null
  version: number
  createdAt: string
  updatedAt: string
}

/** How an edition says what changed: all numbers, or those to add to or take from the one before. */
export const EDITION_CHANGES = ['full', 'add', 'remove'] as const
export type EditionChange = (typeof EDITION_CHANGES)[number]

/** From each state, those that may follow. `receiving` is nobody's business yet. */
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

/** States in which an edition may be deleted, its key shredded. */
export const DELETABLE_EDITIONS = (Object.keys(EDITION_TRANSITIONS) as EditionState[]).filter(
  (state) => (EDITION_TRANSITIONS[state] as readonly string[]).includes('deleted'),
)

/** An edition of a registry. It never changes once it is in force. Stamps are ISO 8601 UTC. */
export type Edition = {
  id: string
  registry: string
  state: EditionState
  change: EditionChange
  /** The edition that it was compared with, or that it changes. */
  baseId: string | null
  /** The day of which it tells, as whoever publishes it says. */
  asOf: string
  /** Under which subscription it was got. */
  subscription: string | null
  lines: number
  numbers: number
  rejected: number
  firstRejectedLine: number | null
  bytes: number
  sha256: string | null
  /** Numbers that the one before had not; null: not compared yet. */
  added: number | null
  problem: string | null
  createdAt: string
  currentAt: string | null
  deletedAt: string | null
}

/** An edition that a contact list's rows are looked up in. `number` is its short name in the store. */
export type EditionInForce = { number: number; registry: string; country: string }

/** What the look of an upload's rows at the registries came to. */
export type RegistryLook = {
  /** The suppression epochs from before it, by tenant. */
  epochs: Readonly<Record<string, number>>
  /** The numbers of the editions. */
  editions: readonly number[]
  /** Of the phones of accepted rows, ISO 3166-1 alpha-2, sorted. */
  countries: readonly string[]
}
