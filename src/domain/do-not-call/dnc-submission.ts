import type { SubjectKind } from './dnc-entry.ts'

/**
 * For each state, the states that may follow it. No state ends a suppression: whatever happens in
 * Genesys, the gateway continues to suppress the people.
 */
export const DNC_TRANSITIONS = {
  receiving: ['applying', 'applied', 'applied_with_errors'],
  applying: ['applied', 'applied_with_errors', 'held'],
  held: ['applying'],
  /** The submission returns to `applying` when its quarantined entries are released. */
  applied: ['applying'],
  applied_with_errors: ['applying'],
} as const satisfies Record<string, readonly string[]>

export type DncState = keyof typeof DNC_TRANSITIONS

/** The states that callers see. */
export const SEEN_DNC_STATES = ['applying', 'held', 'applied', 'applied_with_errors'] as const
export type SeenDncState = (typeof SEEN_DNC_STATES)[number]

/** For each reason of a hold, what ends the hold. */
export const DNC_HOLDS = { genesys_unavailable: 'itself', dnc_list_refused: 'resume' } as const
export type DncHoldReason = keyof typeof DNC_HOLDS

/** Whether only a person can end the hold. */
export const needsPerson = (reason: DncHoldReason): boolean => DNC_HOLDS[reason] !== 'itself'

export const DNC_HOLD_REASONS = Object.keys(DNC_HOLDS) as DncHoldReason[]

export const DNC_KINDS = ['add', 'remove', 'pull'] as const
export type DncKind = (typeof DNC_KINDS)[number]

/**
 * How many entries have which outcome. These sums hold: `read = accepted + rejected + quarantined +
 * duplicates + blank`, and `accepted = created + existing + updated + removed + notFound + failed +
 * pending`.
 */
export const DNC_COUNTS = [
  'read',
  'accepted',
  'rejected',
  'quarantined',
  'duplicates',
  'blank',
  'created',
  'existing',
  'updated',
  'removed',
  'notFound',
  'failed',
  'pending',
] as const
export type DncCounts = Record<(typeof DNC_COUNTS)[number], number>

/** The outcome of an accepted entry, and the number under which it is stored. */
export const DNC_OUTCOMES = {
  created: 1,
  existing: 2,
  updated: 3,
  removed: 4,
  not_found: 5,
  failed: 6,
} as const
export type DncOutcome = keyof typeof DNC_OUTCOMES

/** The outcomes of an entry that the ledger shows. */
export const ENTRY_OUTCOMES = [
  'pending',
  ...(Object.keys(DNC_OUTCOMES) as DncOutcome[]),
  'quarantined',
  'rejected',
  'duplicate',
] as const
export type EntryOutcome = (typeof ENTRY_OUTCOMES)[number]

export type DncSource = {
  fileName: string | null
  format: 'csv' | 'json' | 'ndjson'
  bytes: number
  sha256: string
  delimiter: string | null
}

export type DncSubmission = {
  id: string
  /** The number of the submission in the database. Its entries refer to this number. */
  number: string
  tenantId: string
  dncListId: string
  kind: DncKind
  state: DncState
  hold: { reason: DncHoldReason; since: string } | null
  version: number
  counts: DncCounts
  rejections: Record<string, number>
  notes: string[]
  source: DncSource
  /** The names of the file's columns, in their order. */
  columns: string[]
  createdAt: string
  updatedAt: string
  appliedAt: string | null
  problem: { code: string; detail: string } | null
}

/**
 * What a chunk stores of an entry. To look suppressions up, the gateway does not read chunks, but a
 * separate row for each entry. This row names the person only by a digest.
 */
export type StoredEntry = {
  line: number
  /** The cells as the caller sent them, in the order of the columns. */
  cells: readonly string[]
  kind: SubjectKind
  subject: string
  /** The index of the entry's terms in `terms` of the chunk. */
  terms: number
  quarantined: boolean
}

/**
 * The state of a submission that has nothing left to send. It changes again if quarantined entries
 * are released.
 */
export const appliedState = ({
  rejected,
  quarantined,
  failed,
}: Pick<DncCounts, 'rejected' | 'quarantined' | 'failed'>): 'applied' | 'applied_with_errors' =>
  rejected + quarantined + failed > 0 ? 'applied_with_errors' : 'applied'

/** What endpoints receive about a submission. */
export const dncEventOf = (submission: DncSubmission) => ({
  submissionId: submission.id,
  dncListId: submission.dncListId,
  kind: submission.kind,
  state: submission.state,
  hold: submission.hold,
  counts: submission.counts,
  version: submission.version,
})
