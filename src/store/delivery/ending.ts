import { sql } from 'kysely'

import {
  brokenSums,
  canMove,
  completedState,
  type Upload,
  type UploadState,
} from '../../domain/uploads/upload.ts'
import type {
  DeliveryStore,
  FinishUpload,
  LaneClaim,
} from '../../workflows/ports/delivery/delivery.ts'
import { appendAudit, withDetails } from '../audit/audit-store.ts'
import type { Outbox } from '../endpoints/outbox.ts'
import { inTransaction, type Database, type Tx } from '../homes/database.ts'
import { PENDING_JSON } from '../uploads/reconciliation-columns.ts'
import { settledRows, toUpload, UPLOAD_COLUMNS, type UploadRow } from '../uploads/upload-row.ts'
import { lockInLane, lockWorking } from './fence.ts'

/**
 * The end state of an upload. If the upload neither failed nor was cancelled, the counts decide
 * which of the two completed states it gets.
 */
const endStateOf = (input: FinishUpload, counts: Upload['counts']): UploadState =>
  input.state === 'failed' || input.state === 'cancelled' ? input.state : completedState(counts)

/**
 * Whether the upload is checked against Genesys after its end. Only completed uploads with
 * delivered rows are checked.
 */
const isReconciled = (state: UploadState, counts: Upload['counts']): boolean =>
  (state === 'completed' || state === 'completed_with_errors') && counts.delivered > 0

const EVENT_OF_END = { failed: 'upload.failed', cancelled: 'upload.cancelled' } as const

/**
 * Locks an upload that is about to end. If a caller has asked to cancel the upload, it can only end
 * as cancelled. Without such a request, it cannot end as cancelled.
 */
const lockEnding = async (tx: Tx, claim: LaneClaim, input: FinishUpload): Promise<UploadRow> => {
  if (input.state !== 'cancelled') return lockWorking(tx, claim, input.uploadId)
  const row = await lockInLane(tx, claim, input.uploadId)
  if (row.cancel_requested_at !== null) return row
  throw new Error(`Nobody asked to cancel upload ${row.id}`)
}

/**
 * Counts unsent rows that are not errors. A row is not an error in three cases:
 * - newer content was delivered
 * - an entry or an edition that came after the look-up at intake names the contact
 * - the person was erased
 */
const countHarmless = async (tx: Tx, uploadId: string): Promise<number> => {
  const { rows } = await sql<{ rows: number }>`select count(*)::int as rows from row_result
    where upload_id = ${uploadId} and code in ('superseded', 'suppressed-since', 'erased')`.execute(
    tx,
  )
  return rows[0]!.rows
}

/** Writes the end of an upload. Rows without an outcome become unprocessed. */
const writeEnd = async (tx: Tx, row: UploadRow, input: FinishUpload): Promise<Upload> => {
  const { counts } = toUpload(row)
  const unprocessed = counts.unprocessed + counts.accepted - settledRows(counts)
  const harmless = counts.unprocessed > 0 ? await countHarmless(tx, row.id) : 0
  const state = endStateOf(input, { ...counts, unprocessed: unprocessed - harmless })
  if (!canMove(row.state, state)) {
    throw new Error(`Upload ${row.id} cannot go from ${row.state} to ${state}`)
  }
  const problem = input.problem === null ? null : JSON.stringify(input.problem)
  const pending = isReconciled(state, counts) ? PENDING_JSON : null
  const { rows } = await sql<UploadRow>`update upload set state = ${state}, version = version + 1,
      rows_unprocessed = ${unprocessed}, problem = ${problem}::jsonb, told_hold = null,
      reconciliation = ${pending}::jsonb, reconcile_at = case when ${pending !== null}
        then clock_timestamp() + make_interval(secs => ${(input.reconcileInMs ?? 0) / 1000}::float8) end,
      updated_at = clock_timestamp(), completed_at = clock_timestamp()
    where id = ${row.id} returning ${UPLOAD_COLUMNS}`.execute(tx)
  const upload = toUpload(rows[0]!)
  const broken = brokenSums(upload.counts, true)
  if (broken.length > 0) {
    throw new Error(`Upload ${row.id}: rows do not add up (${broken.join(', ')})`)
  }
  return upload
}

/**
 * The SQL store that ends and holds uploads. `finish` throws a plain error (a bug) if the counts of
 * rows do not add up, or if the state table does not allow the end.
 */
export const createEnding = (deps: {
  database: Database
  outbox: Outbox
}): Pick<DeliveryStore, 'finish' | 'hold'> => ({
  finish: (claim, input) =>
    inTransaction(deps.database, async (tx) => {
      const row = await lockEnding(tx, claim, input)
      const upload = await writeEnd(tx, row, input)
      const { state } = upload
      await appendAudit(tx, [withDetails(input.audit, { state }), ...(input.alsoAudit ?? [])])
      const ended = state === 'failed' || state === 'cancelled' ? EVENT_OF_END[state] : null
      await deps.outbox.tell(tx, [{ type: ended ?? 'upload.completed', upload }])
      if (upload.reconciliation !== null) {
        await deps.outbox.reconcile(tx, upload.id, input.reconcileInMs ?? 0)
      }
      return upload
    }),
  hold: (claim, input) =>
    inTransaction(deps.database, async (tx) => {
      // Only an outage can hold an upload that is to be cancelled. The sent batches of such an
      // upload must still be checked.
      const lock = input.reason === 'genesys_unavailable' ? lockInLane : lockWorking
      const row = await lock(tx, claim, input.uploadId)
      const problem = input.problem ? JSON.stringify(input.problem) : null
      const retryIn = input.retryInMs === null ? null : input.retryInMs / 1000
      const { rows } = await sql<UploadRow>`update upload set state = 'held', held_from = state,
          hold_reason = ${input.reason}, hold_since = clock_timestamp(), told_hold = ${input.reason},
          hold_countries = ${input.countries?.length ? [...input.countries] : null}::text[], problem = ${problem}::jsonb,
          retry_at = clock_timestamp() + make_interval(secs => ${retryIn}::float8),
          version = version + 1, updated_at = clock_timestamp()
        where id = ${input.uploadId} returning ${UPLOAD_COLUMNS}`.execute(tx)
      const upload = toUpload(rows[0]!)
      await appendAudit(tx, [input.audit])
      if (row.told_hold !== input.reason)
        await deps.outbox.tell(tx, [{ type: 'upload.held', upload }])
      return upload
    }),
})
