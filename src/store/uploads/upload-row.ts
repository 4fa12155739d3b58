import { sql } from 'kysely'

import {
  FINAL_STATES,
  LANE_STATES,
  type HoldReason,
  type LaneState,
  type Upload,
  type UploadColumn,
  type UploadCounts,
  type UploadPlan,
  type UploadProblem,
  type UploadSource,
  type UploadState,
} from '../../domain/uploads/upload.ts'
import type { Db } from '../homes/database.ts'
import { MARK_COLUMNS, type MarkColumns, progressOfRow } from './progress-marks.ts'
import {
  RECONCILIATION_COLUMNS,
  type ReconciliationColumns,
  reconciliationOf,
} from './reconciliation-columns.ts'

/** An upload as SQL gives it. */
export type UploadRow = {
  id: string
  tenant_id: string
  contact_list_id: string
  lane_key: string
  accepted_seq: string | null
  content_seq: string | null
  parent_id: string | null
  child_ids: string[]
  state: UploadState
  hold_reason: HoldReason | null
  hold_since: Date | null
  held_from: LaneState | null
  told_hold: string | null
  mode: Upload['mode']
  duplicates: Upload['duplicates']
  method: Upload['delivery']['method']
  duplicate_check_field: string | null
  version: number
  batches_total: number
  batches_delivered: number
  batches_failed: number
  /** With the file's name, which lies sealed beside it (`createOpenFileNames`). */
  source: UploadSource
  columns: UploadColumn[]
  target_columns: string[]
  rejections: Record<string, number>
  rows_read: number
  rows_accepted: number
  rows_rejected: number
  rows_duplicates: number
  rows_suppressed: number
  rows_blank: number
  rows_delivered: number
  rows_unchanged: number
  rows_failed: number
  rows_unprocessed: number
  plan_digest: string
  plan: UploadPlan | null
  applied_at: Date | null
  not_before: Date | null
  schema_version: string
  request_id: string
  rows_unidentified: number
  rows_unattributed: number
  problem: UploadProblem | null
  created_at: Date
  updated_at: Date
  completed_at: Date | null
  cancel_requested_at: Date | null
  same_file_as: string | null
} & MarkColumns &
  ReconciliationColumns

export const UPLOAD_COLUMNS = sql.raw(
  `id, tenant_id, contact_list_id, lane_key, accepted_seq, content_seq, parent_id, child_ids, state, hold_reason, hold_since, held_from, told_hold, mode,
  duplicates, method, duplicate_check_field, version, batches_total, batches_delivered, batches_failed, source, file_name, columns, target_columns, rejections,
  rows_read, rows_accepted, rows_rejected, rows_duplicates, rows_suppressed, rows_blank, rows_delivered, rows_unchanged,
  rows_failed, rows_unprocessed, rows_unidentified, rows_unattributed, plan_digest, plan, applied_at, not_before, schema_version, request_id, problem, created_at, updated_at, completed_at,
  cancel_requested_at, same_file_as, ${RECONCILIATION_COLUMNS}, ${MARK_COLUMNS}`,
)

const quoted = (states: readonly string[]) =>
  sql.raw(states.map((state) => `'${state}'`).join(', '))
/** The literals in the partial indexes' conditions, so that the planner knows them again. */
export const LANE_STATES_SQL = quoted(LANE_STATES)

/**
 * Uploads that a lane may work on. While one waits aside whose clearing of the list Genesys has not carried out, none of the lane is: what it
 * sent would be wiped.
 */
export const WORKABLE_SQL = sql`state in (${LANE_STATES_SQL}) and not exists (select from upload clears
  where clears.lane_key = upload.lane_key and clears.clearing = 'asked' and clears.state in ('held', 'paused'))`
export const FINAL_STATES_SQL = quoted(FINAL_STATES)

export const isLaneState = (state: UploadState): state is LaneState =>
  (LANE_STATES as readonly string[]).includes(state)

const countsOf = (row: UploadRow): UploadCounts => ({
  read: row.rows_read,
  accepted: row.rows_accepted,
  rejected: row.rows_rejected,
  duplicates: row.rows_duplicates,
  suppressed: row.rows_suppressed,
  blank: row.rows_blank,
  delivered: row.rows_delivered,
  unchanged: row.rows_unchanged,
  failed: row.rows_failed,
  unprocessed: row.rows_unprocessed,
})

/** The age of the upload's contents in the order of its lane. */
export const contentSeqOf = (row: Pick<UploadRow, 'accepted_seq' | 'content_seq'>) =>
  row.content_seq ?? row.accepted_seq

const numberOf = (seq: string | null): number | null => (seq === null ? null : Number(seq))

/** Member by member: jsonb gives them back in an order of its own. */
const planOf = (plan: UploadPlan | null): UploadPlan | null =>
  plan === null
    ? null
    : {
        creates: plan.creates,
        updates: plan.updates,
        unchanged: plan.unchanged,
        suppressed: plan.suppressed,
      }

export const toUpload = (row: UploadRow): Upload => ({
  id: row.id,
  tenantId: row.tenant_id,
  contactListId: row.contact_list_id,
  laneKey: row.lane_key,
  acceptedSeq: numberOf(row.accepted_seq),
  contentSeq: numberOf(contentSeqOf(row)),
  parentId: row.parent_id,
  childIds: row.child_ids,
  state: row.state,
  hold:
    row.hold_reason && row.hold_since
      ? { reason: row.hold_reason, since: row.hold_since.toISOString() }
      : null,
  mode: row.mode,
  duplicates: row.duplicates,
  version: row.version,
  delivery: {
    method: row.method,
    batches: {
      total: row.batches_total,
      delivered: row.batches_delivered,
      failed: row.batches_failed,
    },
    duplicateCheckField: row.duplicate_check_field,
  },
  source: row.source,
  columns: row.columns,
  counts: countsOf(row),
  rejections: row.rejections,
  planDigest: row.plan_digest,
  plan: planOf(row.plan),
  notBefore: row.not_before?.toISOString() ?? null,
  appliedAt: row.applied_at?.toISOString() ?? null,
  schemaVersion: row.schema_version,
  targetColumns: row.target_columns,
  requestId: row.request_id,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
  completedAt: row.completed_at?.toISOString() ?? null,
  problem: row.problem,
  unnamed: { unidentified: row.rows_unidentified, unattributed: row.rows_unattributed },
  progress: progressOfRow(row, countsOf(row)),
  sameFileAs: row.same_file_as,
  reconciliation: reconciliationOf(row),
  cancelRequested: row.cancel_requested_at !== null,
})

/** Locks the upload's row until the transaction ends. Callers lock its lane first: that order is what excludes deadlocks. */
export const lockUpload = async (tx: Db, uploadId: string): Promise<UploadRow | null> => {
  const { rows } = await sql<UploadRow>`
    select ${UPLOAD_COLUMNS} from upload where id = ${uploadId} for update`.execute(tx)
  return rows[0] ?? null
}

/** Locks the lane's row until the transaction ends. */
export const lockLane = async (tx: Db, laneKey: string): Promise<void> => {
  await sql`select 1 from lane where key = ${laneKey} for update`.execute(tx)
}

/** There is work in the lane now, whatever its holder says when it lets go. */
export const wakeLane = async (tx: Db, laneKey: string): Promise<void> => {
  await sql`update lane set ready_at = clock_timestamp(), woken = true where key = ${laneKey}`.execute(
    tx,
  )
}

export const settledRows = (counts: UploadCounts): number =>
  counts.delivered + counts.unchanged + counts.failed + counts.unprocessed
