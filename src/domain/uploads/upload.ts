import { z } from 'zod'

import { count, stamp } from '../answers/answer-values.ts'
import { queueOptionsSchema } from '../contact-lists/queue-options.ts'
import { reconciliationSchema } from './reconciliation.ts'
import { kept, type RecordOf, shown, shownAs } from './shown-fields.ts'
import {
  batchProgressSchema,
  columnsSchema,
  countsSchema,
  type KeptSource,
  planSchema,
  progressSchema,
  showColumns,
  showQueue,
  showSource,
  sourceSchema,
  uploadProblemSchema,
} from './upload-members.ts'
import { DELIVERY_METHODS, DUPLICATE_RULES, UPLOAD_MODES } from './upload-options.ts'

/**
 * The upload: its states as data, its holds, its counts. Types, SQL checks, docs and tests derive
 * from these tables.
 */

/** From each state, the states that may follow. A state without any is final. */
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
/** The states that callers see. An upload that is being received is not visible yet. */
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

/**
 * Why an upload waits, and what ends the wait: `apply` and `resume` are calls, `itself` needs no
 * call.
 */
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
/**
 * Holds that end when Genesys shows that their reason is gone. Until a check finds the cause gone,
 * the upload stays held and "since" does not change.
 */
export const LOOKED_AT_HOLDS = [
  'list_not_ready',
  'list_clearing',
  'genesys_unavailable',
] as const satisfies readonly HoldReason[]
export type LookedAtHold = (typeof LOOKED_AT_HOLDS)[number]
const holdSchema = z.strictObject({
  reason: z.enum(Object.keys(HOLD_REASONS) as [HoldReason, ...HoldReason[]]),
  since: z.iso.datetime(),
  /** For `dnc_stale`: the countries whose registry is too old, or missing. */
  countries: z.array(z.string()).optional(),
})
export type Hold = z.output<typeof holdSchema>

export type UploadCounts = z.output<typeof countsSchema>

/**
 * What an upload waits for that is in its lane and not held: Genesys does not answer, the list does
 * not take contacts yet, or uploads before it are still on their way.
 */
const LANE_WAITS = ['genesys_unavailable', 'list_not_ready', 'earlier_uploads'] as const
export type LaneWait = (typeof LANE_WAITS)[number]
/** What the holder of a lane reports about it. */
export type HolderWait = Exclude<LaneWait, 'earlier_uploads'>
const waitSchema = z.strictObject({ reason: z.enum(LANE_WAITS), since: z.iso.datetime() })

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

/**
 * The names of the sums of P5 that do not hold. Empty if all hold. `finished` adds the second sum.
 */
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

/** The final state that follows from the counts. */
export const completedState = (counts: UploadCounts): 'completed' | 'completed_with_errors' =>
  counts.rejected + counts.failed + counts.unprocessed > 0 ? 'completed_with_errors' : 'completed'

/** The outcome of a row. */
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

export type UploadSource = KeptSource
export type FileFormat = UploadSource['format']
export type UploadColumn = z.output<typeof columnsSchema>[number]
export type MappedBy = NonNullable<UploadColumn['by']>
export type UploadProblem = z.output<typeof uploadProblemSchema>
export type UploadPlan = z.output<typeof planSchema>
export type UploadProgress = z.output<typeof progressSchema>

/**
 * Failed rows that Genesys did not name. `unattributed`: of those, rows of an import, whose errors
 * never have a row.
 */
export type UnnamedFailures = { unidentified: number; unattributed: number }

/**
 * The upload, field by field, as the store returns it. A `shown` field is a member of the API's
 * resource, under the same name: the document and the answers are made from here. A new field is
 * one line here and one among the columns of `src/store/uploads/upload-row.ts`. Times are ISO 8601
 * UTC from the database's clock.
 */
export const UPLOAD_FIELDS = {
  id: shown(z.string()),
  /** The upload whose rows this one retries. */
  parentId: shown(z.string().nullable()),
  /** The uploads that retry rows of this one, oldest first. */
  children: shown(z.array(z.string())),
  contactListId: shown(z.string()),
  state: shown(z.enum(UPLOAD_STATES)),
  hold: shown(holdSchema.nullable()),
  /**
   * For an upload that is in its lane and not held: why nothing of it is in flight, as last
   * reported. It changes without the version.
   */
  waitingFor: shown(waitSchema.nullable()),
  mode: shown(z.enum(UPLOAD_MODES)),
  duplicates: shown(z.enum(DUPLICATE_RULES)),
  version: shown(count),
  delivery: shown(
    z.strictObject({
      method: z.enum(DELIVERY_METHODS),
      batches: batchProgressSchema,
      /** Column by which Genesys finds contacts that it holds already; only with `callback`. */
      duplicateCheckField: z.string().nullable(),
    }),
  ),
  /**
   * What adding its contacts does to their place in the queue. null if the dialect has no queue.
   */
  queue: shownAs(queueOptionsSchema.nullable(), showQueue),
  source: shownAs(sourceSchema, showSource),
  columns: shownAs(columnsSchema, showColumns),
  counts: shown(countsSchema),
  rejections: shown(z.record(z.string(), count)),
  planDigest: shown(z.string()),
  /** For uploads with `apply=manual`. null: no plan was requested. */
  plan: shown(planSchema.nullable()),
  /** Nothing is sent earlier. */
  notBefore: shown(stamp.nullable()),
  createdAt: shown(stamp),
  updatedAt: shown(stamp),
  completedAt: shown(stamp.nullable()),
  /** null while it is not under way. */
  progress: shown(progressSchema.nullable()),
  problem: shown(uploadProblemSchema.nullable()),
  /** What Genesys shows of it after its end. null if nothing was delivered. */
  reconciliation: shown(reconciliationSchema.nullable()),

  tenantId: kept<string>(),
  laneKey: kept<string>(),
  /** Order within the lane. null while receiving. */
  acceptedSeq: kept<number | null>(),
  /**
   * The age of its content, in the same order. The content of a retry is as old as the upload that
   * first brought the rows.
   */
  contentSeq: kept<number | null>(),
  /** When a caller applied the plan. null if none has to, or has yet. */
  appliedAt: kept<string | null>(),
  /** Version of the list's schema that the rows were checked against. */
  schemaVersion: kept<string>(),
  /** The column names (in cell order) of the staged rows. */
  targetColumns: kept<string[]>(),
  requestId: kept<string>(),
  /** Of the failed rows, those that nobody can name. */
  unnamed: kept<UnnamedFailures>(),
  /** The newest earlier upload of the tenant to the list with the same bytes. */
  sameFileAs: kept<string | null>(),
  /**
   * A caller cancelled it while Genesys may have had rows of it. Their outcome is found out first.
   */
  cancelRequested: kept<boolean>(),
}
export type Upload = RecordOf<typeof UPLOAD_FIELDS>
