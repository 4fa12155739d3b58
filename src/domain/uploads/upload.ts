import type { Reconciliation } from './reconciliation.ts'
import type { Noticed } from './row-notices.ts'
import type { EncodingSource } from './text-encoding.ts'
import type { DeliveryMethod, DuplicateRule, UploadMode } from './upload-options.ts'

/** The upload: its states as data, its holds, its counts. Types, SQL checks, docs and tests derive from these tables. */

/** From each state, the states it may go to. A state with none is final. */
export const UPLOAD_TRANSITIONS = {
  receiving: ['staged'],
  staged: [
    'delivering',
    'completed_with_errors',
    'completed',
    'failed',
    'cancelled',
    'held',
    'paused',
  ],
  delivering: [
    'awaiting_completion',
    'completed',
    'completed_with_errors',
    'failed',
    'cancelled',
    'held',
    'paused',
  ],
  awaiting_completion: [
    'completed',
    'completed_with_errors',
    'failed',
    'cancelled',
    'held',
    'paused',
    'delivering',
  ],
  held: ['staged', 'delivering', 'awaiting_completion', 'failed', 'cancelled', 'paused'],
  paused: ['staged', 'delivering', 'awaiting_completion', 'held', 'cancelled'],
  completed: [],
  completed_with_errors: [],
  failed: [],
  cancelled: [],
} as const satisfies Record<string, readonly string[]>

export type UploadState = keyof typeof UPLOAD_TRANSITIONS
export const UPLOAD_STATES = Object.keys(UPLOAD_TRANSITIONS) as UploadState[]
/** The states that callers see: one that is being received is nobody's business yet. */
export type SeenState = Exclude<UploadState, 'receiving'>
export const SEEN_STATES = UPLOAD_STATES.filter((state) => state !== 'receiving')
export const FINAL_STATES = UPLOAD_STATES.filter((state) => UPLOAD_TRANSITIONS[state].length === 0)
/** States in which the lane works on an upload. */
export const LANE_STATES = [
  'staged',
  'delivering',
  'awaiting_completion',
] as const satisfies readonly UploadState[]
export type LaneState = (typeof LANE_STATES)[number]

export const canMove = (from: UploadState, to: UploadState): boolean =>
  (UPLOAD_TRANSITIONS[from] as readonly string[]).includes(to)

/** Why an upload waits, and what ends the wait: `apply` and `resume` are calls, `itself` needs nobody. */
export const HOLD_REASONS = {
  apply: 'apply',
  list_not_ready: 'itself',
  list_clearing: 'itself',
  genesys_unavailable: 'itself',
  dnc_unavailable: 'itself',
  not_before: 'itself',
  list_error: 'resume',
  refusals: 'resume',
  import_unproven: 'resume',
  dnc_stale: 'resume',
} as const
export type HoldReason = keyof typeof HOLD_REASONS
/** Holds that end when Genesys shows that their reason is gone; until a look says so the upload stays held, since when it was. */
export const LOOKED_AT_HOLDS = [
  'list_not_ready',
  'list_clearing',
  'genesys_unavailable',
] as const satisfies readonly HoldReason[]
export type LookedAtHold = (typeof LOOKED_AT_HOLDS)[number]
export type Hold = { reason: HoldReason; since: string }

/** `read = accepted + rejected + duplicates + suppressed + blank`; when finished `accepted = delivered + unchanged + failed + unprocessed`. */
export type UploadCounts = {
  read: number
  accepted: number
  rejected: number
  duplicates: number
  suppressed: number
  blank: number
  delivered: number
  unchanged: number
  failed: number
  unprocessed: number
}

export const ZERO_COUNTS: UploadCounts = {
  read: 0,
  accepted: 0,
  rejected: 0,
  duplicates: 0,
  suppressed: 0,
  blank: 0,
  delivered: 0,
  unchanged: 0,
  failed: 0,
  unprocessed: 0,
}

/** The names of the sums of P5 that do not hold; empty when all is well. `finished` adds the second sum. */
export const brokenSums = (counts: UploadCounts, finished: boolean): string[] => {
  const broken: string[] = []
  if (
    counts.read !==
    counts.accepted + counts.rejected + counts.duplicates + counts.suppressed + counts.blank
  ) {
    broken.push('read')
  }
  const settled = counts.delivered + counts.unchanged + counts.failed + counts.unprocessed
  if (finished ? settled !== counts.accepted : settled > counts.accepted) broken.push('accepted')
  return broken
}

/** The final state that the counts call for. */
export const completedState = (counts: UploadCounts): 'completed' | 'completed_with_errors' =>
  counts.rejected + counts.failed + counts.unprocessed > 0 ? 'completed_with_errors' : 'completed'

/** What became of a row. */
export const ROW_OUTCOMES = [
  'accepted',
  'rejected',
  'duplicate',
  'suppressed',
  'delivered',
  'unchanged',
  'failed',
  'unprocessed',
] as const
export type RowOutcome = (typeof ROW_OUTCOMES)[number]

export const FILE_FORMATS = ['csv', 'ndjson', 'json'] as const
export type FileFormat = (typeof FILE_FORMATS)[number]

export type UploadSource = {
  fileName: string | null
  format: FileFormat
  encoding: string
  /** Absent where it was stored by a version that did not tell it. */
  encodingFrom?: EncodingSource
  /** As the bytes came, which `bytes` and `sha256` are of; absent as above. */
  compression?: 'gzip' | null
  delimiter: string | null
  bytes: number
  sha256: string
  /** Of its rows; absent as above. */
  noticed?: Noticed
}

/**
 * How a column of the file found its place: the option `mapping`, the exact name, the name but for case, a proposal that was certain
 * enough; the contact id's own column; `added`: the list was given this column.
 */
export const MAPPED_BY = ['mapping', 'exact', 'case', 'proposed', 'contactId', 'added'] as const
export type MappedBy = (typeof MAPPED_BY)[number]

/** How one column of the file was treated; `mappedTo: null` = left out. */
export type UploadColumn = {
  name: string
  kind: 'text' | 'phone' | 'email' | 'date' | 'contactId'
  mappedTo: string | null
  /** null: left out. Missing in uploads that were staged before it was kept. */
  by?: MappedBy | null
  /** From 0 to 1; null where the caller decided or nothing was mapped. */
  confidence?: number | null
}

export type UploadProblem = { code: string; detail: string }

/** Failed rows that Genesys did not name. `unattributed`: of those, rows of an import, whose errors never have a row. */
export type UnnamedFailures = { unidentified: number; unattributed: number }

export type BatchProgress = { total: number; delivered: number; failed: number }

/** How far an upload is. `etaAt` and `rowsPerSecond` are null until two batches are settled. */
export type UploadProgress = {
  /** Of the accepted rows, those settled; two decimals. */
  percent: number
  rowsPerSecond: number | null
  /** When the last row will be settled if it goes on like this; ISO 8601 UTC. */
  etaAt: string | null
}

/**
 * What delivering is expected to do, by the register when the rows were staged: `creates + updates + unchanged = accepted`. What
 * others have put into the list, or earlier uploads will have by then, is not known to it.
 */
export type UploadPlan = {
  creates: number
  updates: number
  unchanged: number
  suppressed: number
}

/** An upload as the store returns it. Stamps are ISO 8601 UTC from the database's clock. */
export type Upload = {
  id: string
  tenantId: string
  contactListId: string
  laneKey: string
  /** Order within the lane; null while receiving. */
  acceptedSeq: number | null
  /** How old its contents are, in the same order: those of a retry are as old as the upload that the rows came with. */
  contentSeq: number | null
  /** The upload whose rows this one retries. */
  parentId: string | null
  /** The uploads that retry rows of this one, oldest first. */
  childIds: string[]
  state: UploadState
  hold: Hold | null
  mode: UploadMode
  duplicates: DuplicateRule
  version: number
  delivery: {
    method: DeliveryMethod
    batches: BatchProgress
    /** Column by which Genesys finds contacts that it holds already; only with `callback`. */
    duplicateCheckField: string | null
  }
  source: UploadSource
  columns: UploadColumn[]
  counts: UploadCounts
  rejections: Record<string, number>
  planDigest: string
  /** null = nobody asked for it. */
  plan: UploadPlan | null
  /** Nothing is sent earlier. */
  notBefore: string | null
  /** When a caller applied the plan; null where none has to, or has yet. */
  appliedAt: string | null
  /** Version of the list's schema that the rows were checked against. */
  schemaVersion: string
  /** The column names (in cell order) of the staged rows. */
  targetColumns: string[]
  requestId: string
  createdAt: string
  updatedAt: string
  completedAt: string | null
  problem: UploadProblem | null
  /** Of the failed rows, those that nobody can name. */
  unnamed: UnnamedFailures
  /** null while it is not under way. */
  progress: UploadProgress | null
  /** The newest earlier upload of the tenant to the list with the same bytes. */
  sameFileAs: string | null
  /** What Genesys shows of it after its end; null where nothing was delivered. */
  reconciliation: Reconciliation | null
  /** A caller cancelled it while Genesys may have had rows of it: what became of those is learnt first. */
  cancelRequested: boolean
}
