import { sql, type RawBuilder } from 'kysely'

import {
  FINAL_STATES,
  LANE_STATES,
  type HoldReason,
  type LaneState,
  type Upload,
  type UploadCounts,
  type UploadPlan,
  type UploadState,
} from '../../domain/uploads/upload.ts'
import type { Db } from '../homes/database.ts'
import { progressOfRow } from './progress-marks.ts'
import { type ReconciliationColumns, reconciliationOf } from './reconciliation-columns.ts'

type Column<Value, Name extends keyof Upload | null> = {
  readonly field: Name
  readonly isStamp: boolean
  /** The value in every small upload that was just staged. undefined: it differs by upload. */
  readonly untouched: Value | undefined
}
/** A column that only the store reads, or that makes up a field together with others. */
const own = <Value>(untouched?: Value): Column<Value, null> => ({
  field: null,
  isStamp: false,
  untouched,
})
/** A column that has the same value as its field. */
const same = <Name extends keyof Upload>(
  field: Name,
  untouched?: Upload[Name],
): Column<Upload[Name], Name> => ({ field, isStamp: false, untouched })

type StampOf<Name extends keyof Upload> = null extends Upload[Name] ? Date | null : Date
/** A column with a time. Its field has the time as ISO text. */
const stamp = <Name extends keyof Upload>(
  field: Name,
  untouched?: StampOf<Name>,
): Column<StampOf<Name>, Name> => ({ field, isStamp: true, untouched })

/**
 * The columns of an upload, and the field that each of them becomes. A new column needs one line
 * here. `toUpload` combines the columns that are made with `own`.
 */
const COLUMNS = {
  id: same('id'),
  tenant_id: same('tenantId'),
  contact_list_id: same('contactListId'),
  lane_key: same('laneKey'),
  accepted_seq: own<string | null>(null),
  content_seq: own<string | null>(null),
  parent_id: same('parentId', null),
  child_ids: same('children', []),
  state: same('state', 'staged'),
  hold_reason: own<HoldReason | null>(null),
  hold_countries: own<string[] | null>(null),
  hold_since: own<Date | null>(null),
  held_from: own<LaneState | null>(null),
  told_hold: own<string | null>(null),
  mode: same('mode'),
  duplicates: same('duplicates'),
  method: own<Upload['delivery']['method']>(),
  duplicate_check_field: own<string | null>(),
  queue: same('queue'),
  version: same('version', 1),
  batches_total: own<number>(1),
  batches_delivered: own<number>(0),
  batches_failed: own<number>(0),
  /** Includes the file's name, which is stored sealed in `file_name` (`createOpenFileNames`). */
  source: same('source'),
  file_name: own<Buffer | null>(),
  columns: same('columns'),
  target_columns: same('targetColumns'),
  rejections: same('rejections'),
  rows_read: own<number>(),
  rows_accepted: own<number>(),
  rows_rejected: own<number>(),
  rows_duplicates: own<number>(),
  rows_suppressed: own<number>(),
  rows_blank: own<number>(),
  rows_delivered: own<number>(0),
  rows_unchanged: own<number>(0),
  rows_failed: own<number>(0),
  rows_unprocessed: own<number>(0),
  rows_unidentified: own<number>(0),
  rows_unattributed: own<number>(0),
  plan_digest: same('planDigest'),
  plan: own<UploadPlan | null>(null),
  applied_at: stamp('appliedAt', null),
  not_before: stamp('notBefore', null),
  schema_version: same('schemaVersion'),
  request_id: same('requestId'),
  problem: same('problem', null),
  created_at: stamp('createdAt'),
  updated_at: stamp('updatedAt'),
  completed_at: stamp('completedAt', null),
  cancel_requested_at: own<Date | null>(null),
  same_file_as: same('sameFileAs', null),
  reconciliation: own<ReconciliationColumns['reconciliation']>(null),
  reconciled_at: own<Date | null>(null),
  mark_rows: own<number | null>(null),
  mark_at: own<Date | null>(null),
  next_mark_rows: own<number | null>(null),
  next_mark_at: own<Date | null>(null),
  settled_at: own<Date | null>(null),
}
type Columns = typeof COLUMNS

/** An upload as the database returns it. */
export type UploadRow = {
  [Name in keyof Columns]: Columns[Name] extends Column<infer Value, infer _> ? Value : never
}
export const UPLOAD_COLUMNS = sql.raw(Object.keys(COLUMNS).join(', '))

/** The columns that have the same value in every small upload that was just staged. */
export const UNTOUCHED = Object.fromEntries(
  Object.entries(COLUMNS).flatMap(([name, column]) =>
    column.untouched === undefined ? [] : [[name, column.untouched]],
  ),
) as Partial<UploadRow>

type PlainFields = Exclude<Columns[keyof Columns]['field'], null>

/** The fields that have one column each. */
const plainFields = (row: UploadRow): Pick<Upload, PlainFields> => {
  const fields: Record<string, unknown> = {}
  for (const [name, { field, isStamp }] of Object.entries(COLUMNS)) {
    if (field === null) continue
    const value = row[name as keyof UploadRow]
    fields[field] = isStamp ? ((value as Date | null)?.toISOString() ?? null) : value
  }
  return fields as Pick<Upload, PlainFields>
}

const quoted = (states: readonly string[]) =>
  sql.raw(states.map((state) => `'${state}'`).join(', '))
/**
 * The states as literals, exactly as in the conditions of the partial indexes, so that the planner
 * recognises these indexes.
 */
export const LANE_STATES_SQL = quoted(LANE_STATES)

/**
 * The condition for uploads that the lane may work on. A held or paused upload may have asked
 * Genesys to clear the list. Until Genesys has done so, the lane works on no upload, because
 * Genesys would remove what is sent.
 *
 * `laneKey`: SQL for the key. If it does not depend on the upload, the clearing is looked up once,
 * and the index of the lane gives the oldest uploads in order. Otherwise the planner joins and
 * sorts the whole lane, including the index entries of uploads that ended since the last vacuum.
 */
export const workableIn = (laneKey: RawBuilder<unknown>): RawBuilder<unknown> =>
  sql`lane_key = ${laneKey} and state in (${LANE_STATES_SQL}) and not exists (select from upload clears
    where clears.lane_key = ${laneKey} and clears.clearing = 'asked' and clears.state in ('held', 'paused'))`
export const FINAL_STATES_SQL = quoted(FINAL_STATES)

/**
 * Whether the lane works on uploads in this state. false: the upload is being received, is held or
 * paused, or has ended.
 */
export const isLaneState = (state: UploadState): state is LaneState =>
  (LANE_STATES as readonly string[]).includes(state)

type CountColumn = Exclude<
  Extract<keyof UploadRow, `rows_${string}`>,
  'rows_unidentified' | 'rows_unattributed'
>

/**
 * The counts as stored. While an upload is open, its rows without an outcome are in none of the
 * last four counts.
 */
export const countsOf = (row: Pick<UploadRow, CountColumn>): UploadCounts => ({
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

/** The age of the upload's content, as a number in the order of its lane. */
export const contentSeqOf = (row: Pick<UploadRow, 'accepted_seq' | 'content_seq'>) =>
  row.content_seq ?? row.accepted_seq

const numberOf = (seq: string | null): number | null => (seq === null ? null : Number(seq))

/** Sets the members one by one, because jsonb returns them in another order. */
const planOf = (plan: UploadPlan | null): UploadPlan | null =>
  plan === null
    ? null
    : {
        creates: plan.creates,
        updates: plan.updates,
        unchanged: plan.unchanged,
        suppressed: plan.suppressed,
        notDialledAgain: plan.notDialledAgain ?? null,
      }

const holdOf = (row: UploadRow): Upload['hold'] => {
  const { hold_reason: reason, hold_since: since, hold_countries: countries } = row
  if (!reason || !since) return null
  const ofCountries = reason === 'dnc_stale' && countries !== null && { countries }
  return { reason, since: since.toISOString(), ...ofCountries }
}

/**
 * Makes an upload from a row. Read the row through the store's database handle, because its plugin
 * opens the name of the file (`createOpenFileNames`).
 */
export const toUpload = (row: UploadRow): Upload => {
  const counts = countsOf(row)
  return {
    ...plainFields(row),
    acceptedSeq: numberOf(row.accepted_seq),
    contentSeq: numberOf(contentSeqOf(row)),
    hold: holdOf(row),
    // Read separately, and only where it is shown (`withWaits`).
    waitingFor: null,
    delivery: {
      method: row.method,
      batches: {
        total: row.batches_total,
        delivered: row.batches_delivered,
        failed: row.batches_failed,
      },
      duplicateCheckField: row.duplicate_check_field,
    },
    counts,
    plan: planOf(row.plan),
    unnamed: { unidentified: row.rows_unidentified, unattributed: row.rows_unattributed },
    progress: progressOfRow(row, counts),
    reconciliation: reconciliationOf(row),
    cancelRequested: row.cancel_requested_at !== null,
  }
}

/**
 * Locks the upload's row until the transaction ends. Lock its lane first, because that order
 * prevents deadlocks.
 */
export const lockUpload = async (tx: Db, uploadId: string): Promise<UploadRow | null> => {
  const { rows } = await sql<UploadRow>`
    select ${UPLOAD_COLUMNS} from upload where id = ${uploadId} for update`.execute(tx)
  return rows[0] ?? null
}

/** Locks the lane's row until the transaction ends. */
export const lockLane = async (tx: Db, laneKey: string): Promise<void> => {
  await sql`select 1 from lane where key = ${laneKey} for update`.execute(tx)
}

/**
 * Marks that the lane has work. The lane then stays ready, even if its holder releases the lane at
 * the same time.
 */
export const wakeLane = async (tx: Db, laneKey: string): Promise<void> => {
  await sql`update lane set ready_at = clock_timestamp(), woken = true where key = ${laneKey}`.execute(
    tx,
  )
}

/**
 * How many accepted rows have an outcome. When an upload has ended, this is the number of accepted
 * rows.
 */
export const settledRows = (counts: UploadCounts): number =>
  counts.delivered + counts.unchanged + counts.failed + counts.unprocessed
