import { z } from 'zod'

import { count, stamp } from '../answers/answer-values.ts'
import { queueOptionsSchema } from '../contact-lists/queue-options.ts'
import { reconciliationSchema } from './reconciliation.ts'
import { kept, type RecordOf, shown, shownAs } from './shown-fields.ts'
import {
  batchProgressSchema,
  columnsSchema,
  countsSchema,
  type KeptColumn,
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
 * The states, holds and counts of an upload, as tables. Types, SQL checks, docs and tests are made
 * from these tables.
 */

/** For each state, the states that may follow it. A state without any is final. */
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
/** The states that callers see. Callers do not see an upload that is being received. */
export type SeenState = Exclude<UploadState, 'receiving'>
export const SEEN_STATES = UPLOAD_STATES.filter((state) => state !== 'receiving')
export const FINAL_STATES = UPLOAD_STATES.filter((state) => UPLOAD_TRANSITIONS[state].length === 0)
/** The states in which the upload is in its lane and the lane's holder works on it. */
export const LANE_STATES = [
  'staged',
  'delivering',
  'awaiting_completion',
] as const satisfies readonly UploadState[]
export type LaneState = (typeof LANE_STATES)[number]

/** Whether the state `to` may follow `from`. False if both are the same. */
export const canMove = (from: UploadState, to: UploadState): boolean =>
  (UPLOAD_TRANSITIONS[from] as readonly string[]).includes(to)

/**
 * Why an upload is held, and what ends the hold. `apply`, `resume`: a call with this name.
 * `itself`: no call is needed.
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
export const ALL_HOLD_REASONS = Object.keys(HOLD_REASONS) as [HoldReason, ...HoldReason[]]
/** Whether only a call can end the hold. */
export const holdNeedsPerson = (reason: HoldReason): boolean => HOLD_REASONS[reason] !== 'itself'
/**
 * Holds that end as soon as a check in Genesys finds that their reason no longer applies. Until
 * then, the upload stays held and `since` does not change.
 */
export const LOOKED_AT_HOLDS = [
  'list_not_ready',
  'list_clearing',
  'genesys_unavailable',
] as const satisfies readonly HoldReason[]
export type LookedAtHold = (typeof LOOKED_AT_HOLDS)[number]
const holdSchema = z.strictObject({
  reason: z.enum(ALL_HOLD_REASONS),
  since: z.iso.datetime(),
  /** For `dnc_stale`: the countries whose registry is too old or missing. */
  countries: z.array(z.string()).optional(),
})
export type Hold = z.output<typeof holdSchema>

export type UploadCounts = z.output<typeof countsSchema>

/**
 * Why an upload that is not held may have to wait in its lane: Genesys does not answer, the list
 * does not accept contacts yet, or earlier uploads of the lane are not done.
 */
const LANE_WAITS = ['genesys_unavailable', 'list_not_ready', 'earlier_uploads'] as const
export type LaneWait = (typeof LANE_WAITS)[number]
/**
 * The waits that the holder of a lane can report. The third wait, for earlier uploads, follows from
 * the lane itself.
 */
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
 * Which of the two sums of `countsSchema` do not hold. Empty: both hold. If `finished` is false,
 * the second sum may be smaller than the number of accepted rows, but not greater.
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

/** Which of the two completed states the counts require. */
export const completedState = (counts: UploadCounts): 'completed' | 'completed_with_errors' =>
  counts.rejected + counts.failed + counts.unprocessed > 0 ? 'completed_with_errors' : 'completed'

/** The outcomes of a row. */
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
export type UploadColumn = KeptColumn
export type MappedBy = NonNullable<UploadColumn['by']>
export type UploadProblem = z.output<typeof uploadProblemSchema>
export type UploadPlan = z.output<typeof planSchema>
export type UploadProgress = z.output<typeof progressSchema>

/**
 * `unidentified`: how many failed rows Genesys did not name. `unattributed`: how many of these rows
 * belong to imports, and failed because the contact list does not show them. About an import,
 * Genesys names no rows.
 */
export type UnnamedFailures = { unidentified: number; unattributed: number }

/**
 * The fields of an upload, as the store returns them. A `shown` field is also a member of the API's
 * resource, under the same name. The API document and the answers are made from this table. To add
 * a field, add a line here and a column in `src/store/uploads/upload-row.ts`. Times are ISO 8601
 * UTC, by the database's clock.
 */
export const UPLOAD_FIELDS = {
  id: shown(z.string()),
  /** The upload whose rows this upload retries. null: this upload is not a retry. */
  parentId: shown(z.string().nullable()),
  /** The uploads that retry rows of this upload, oldest first. */
  children: shown(z.array(z.string())),
  contactListId: shown(z.string()),
  state: shown(z.enum(UPLOAD_STATES)),
  hold: shown(holdSchema.nullable()),
  /**
   * Why an upload in its lane is waiting and sends no rows. The reason comes from the last report
   * of the lane's holder, or from the order of the lane. The field changes without a new version of
   * the upload. null: the upload is held, or not waiting.
   */
  waitingFor: shown(waitSchema.nullable()),
  mode: shown(z.enum(UPLOAD_MODES)),
  duplicates: shown(z.enum(DUPLICATE_RULES)),
  version: shown(count),
  delivery: shown(
    z.strictObject({
      method: z.enum(DELIVERY_METHODS),
      batches: batchProgressSchema,
      /** The column by which Genesys finds contacts that it already holds. Only with `callback`. */
      duplicateCheckField: z.string().nullable(),
    }),
  ),
  /** What adding the contacts does to their place in the queue. null: the dialect has no queue. */
  queue: shownAs(queueOptionsSchema.nullable(), showQueue),
  source: shownAs(sourceSchema, showSource),
  columns: shownAs(columnsSchema, showColumns),
  counts: shown(countsSchema),
  rejections: shown(z.record(z.string(), count)),
  planDigest: shown(z.string()),
  /** Only for uploads with `apply=manual`. null: no plan was requested. */
  plan: shown(planSchema.nullable()),
  /** Nothing is sent before this time. null: the caller gave no such time. */
  notBefore: shown(stamp.nullable()),
  createdAt: shown(stamp),
  updatedAt: shown(stamp),
  completedAt: shown(stamp.nullable()),
  /** null: the upload is not being delivered. */
  progress: shown(progressSchema.nullable()),
  problem: shown(uploadProblemSchema.nullable()),
  /**
   * Whether Genesys holds the delivered rows. The gateway checks this after the end of the upload.
   * null: there is no check. The upload has not ended, was cancelled, failed or delivered nothing,
   * or the gateway checks other small uploads of the same minute instead.
   */
  reconciliation: shown(reconciliationSchema.nullable()),

  tenantId: kept<string>(),
  laneKey: kept<string>(),
  /** The upload's place in the order of its lane. null: the upload is still being received. */
  acceptedSeq: kept<number | null>(),
  /**
   * How old the content of the rows is, as a place in the order of the lane. The content of a retry
   * is as old as that of the upload which first had these rows.
   */
  contentSeq: kept<number | null>(),
  /**
   * When a caller applied the plan. null: no caller has applied it yet, or the upload needs no
   * apply.
   */
  appliedAt: kept<string | null>(),
  /** The version of the list's schema with which the rows were checked. */
  schemaVersion: kept<string>(),
  /** The names of the columns of staged rows, in the order of the rows' cells. */
  targetColumns: kept<string[]>(),
  requestId: kept<string>(),
  /** How many failed rows Genesys did not name. */
  unnamed: kept<UnnamedFailures>(),
  /**
   * The newest earlier upload of the same file, by the same tenant to the same list. null: there is
   * none.
   */
  sameFileAs: kept<string | null>(),
  /**
   * A caller cancelled the upload when some of its rows might already have reached Genesys. The
   * upload ends when the outcome of these rows is known.
   */
  cancelRequested: kept<boolean>(),
}
export type Upload = RecordOf<typeof UPLOAD_FIELDS>
