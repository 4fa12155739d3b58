import { sql } from 'kysely'

import { canMove, type UploadState } from '../../domain/uploads/upload.ts'
import type { ControlAction, UploadStore } from '../../workflows/ports/uploads/uploads.ts'
import { appendAudit } from '../audit/audit-store.ts'
import { CERTAIN_NOW } from '../clock/steady-time.ts'
import { isInDoubt, reopenDoubtful } from '../delivery/doubtful.ts'
import type { Outbox } from '../endpoints/outbox.ts'
import { inTransaction, type Database, type Tx } from '../homes/database.ts'
import {
  isLaneState,
  lockLane,
  lockUpload,
  toUpload,
  UPLOAD_COLUMNS,
  wakeLane,
  type UploadRow,
} from './upload-row.ts'

/**
 * The state to which an action takes the upload. null: the action is not allowed now. A resume ends
 * neither a hold for `apply` nor a hold for `not_before`. /apply ends the first, and the second
 * ends at the time of `notBefore`. An upload that waits for /apply is not in its lane, so it cannot
 * be paused. An upload that is to be cancelled cannot be paused either.
 */
const targetOf = (row: UploadRow, action: ControlAction): UploadState | null => {
  if (action === 'cancel') return canMove(row.state, 'cancelled') ? 'cancelled' : null
  if (action === 'pause') {
    const able = row.cancel_requested_at === null && row.hold_reason !== 'apply'
    return able && canMove(row.state, 'paused') ? 'paused' : null
  }
  const { hold_reason: hold } = row
  const waits =
    row.state === 'paused' || (hold !== null && hold !== 'apply' && hold !== 'not_before')
  return waits ? row.held_from : null
}

const writeMove = async (
  tx: Tx,
  row: UploadRow,
  to: 'cancelled' | 'paused',
): Promise<UploadRow> => {
  const heldFrom = to !== 'paused' ? null : isLaneState(row.state) ? row.state : row.held_from
  const { rows } = await sql<UploadRow>`update upload set state = ${to}, version = version + 1,
      held_from = ${heldFrom}, hold_reason = null, hold_since = null, retry_at = null, told_hold = null,
      rows_unprocessed = case when ${to === 'cancelled'}
        then rows_accepted - rows_delivered - rows_unchanged - rows_failed else rows_unprocessed end,
      completed_at = case when ${to === 'cancelled'} then clock_timestamp() end, updated_at = clock_timestamp()
    where id = ${row.id} returning ${UPLOAD_COLUMNS}`.execute(tx)
  return rows[0]!
}

/**
 * Whether Genesys may have rows of the upload that are not settled. Also true from the intent to
 * clear the list until Genesys has done so, because the call may be on its way.
 */
const isOut = async (tx: Tx, uploadId: string): Promise<boolean> => {
  const { rows } =
    await sql`select 1 from batch join shipment on shipment.id = shipment_id where upload_id = ${uploadId}
    and batch.state in ('intended', 'sent') and attempts > refused_tries
    union all select 1 from upload where id = ${uploadId} and clearing in ('intended', 'asked') limit 1`.execute(
      tx,
    )
  return rows.length > 0 || isInDoubt(tx, uploadId)
}

/**
 * Marks the upload to be cancelled. Its lane then finds out the outcome of what was sent, begins
 * nothing new, and ends the upload.
 */
const requestCancel = async (tx: Tx, row: UploadRow): Promise<UploadRow> => {
  await reopenDoubtful(tx, row.id)
  const state = isLaneState(row.state) ? row.state : 'awaiting_completion'
  const { rows } = await sql<UploadRow>`update upload set state = ${state}, version = version + 1,
      cancel_requested_at = clock_timestamp(), held_from = null, hold_reason = null, hold_since = null,
      retry_at = null, told_hold = null, updated_at = clock_timestamp()
    where id = ${row.id} returning ${UPLOAD_COLUMNS}`.execute(tx)
  await wakeLane(tx, row.lane_key)
  return rows[0]!
}

const isCancelled = (row: UploadRow): boolean =>
  row.state === 'cancelled' || (row.cancel_requested_at !== null && canMove(row.state, 'cancelled'))

/**
 * Puts the upload back into the state that it had before it was held or paused. If it returns to
 * `staged` and its `notBefore` is still in the future, the upload is held until then.
 */
export const goOn = async (tx: Tx, row: UploadRow, also = sql``): Promise<UploadRow> => {
  const early = sql`not_before > ${CERTAIN_NOW} and held_from = 'staged'`
  const { rows } = await sql<UploadRow>`update upload set ${also} version = version + 1,
      state = case when ${early} then 'held' else held_from end,
      hold_reason = case when ${early} then 'not_before' end,
      hold_since = case when ${early} then clock_timestamp() end,
      retry_at = case when ${early} then not_before end,
      held_from = case when ${early} then held_from end,
      told_hold = null, problem = null, updated_at = clock_timestamp()
    where id = ${row.id} returning ${UPLOAD_COLUMNS}`.execute(tx)
  await wakeLane(tx, row.lane_key)
  return rows[0]!
}

const moved = async (
  deps: { outbox: Outbox },
  tx: Tx,
  row: UploadRow,
  action: ControlAction,
): Promise<UploadRow | null> => {
  if (action === 'cancel' && isCancelled(row)) return row
  const to = targetOf(row, action)
  if (to === null) return null
  if (to === 'paused') return writeMove(tx, row, to)
  if (to !== 'cancelled') return goOn(tx, row)
  if (await isOut(tx, row.id)) return requestCancel(tx, row)
  const now = await writeMove(tx, row, to)
  await deps.outbox.tell(tx, [{ type: 'upload.cancelled', upload: toUpload(now) }])
  return now
}

/** Locks the lane and then the upload. null: the tenant has no such upload. */
export const lockOwn = async (
  tx: Tx,
  { tenantId, uploadId }: { tenantId: string; uploadId: string },
): Promise<UploadRow | null> => {
  const { rows } = await sql<{ lane_key: string }>`select lane_key from upload
    where id = ${uploadId} and tenant_id = ${tenantId} and state <> 'receiving'`.execute(tx)
  const laneKey = rows[0]?.lane_key
  if (laneKey === undefined) return null
  await lockLane(tx, laneKey)
  return lockUpload(tx, uploadId)
}

/**
 * Implements `UploadStore.control`. Locks the lane before the upload. A repeated cancel changes
 * nothing, but writes its audit entry.
 */
export const createControl =
  (deps: { database: Database; outbox: Outbox }): UploadStore['control'] =>
  (input) =>
    inTransaction(deps.database, async (tx) => {
      const row = await lockOwn(tx, input)
      if (row === null) return null
      if (input.expects?.(toUpload(row)) === false) return { kind: 'changed' }
      const now = await moved(deps, tx, row, input.action)
      if (now === null) return { kind: 'refused', state: row.state }
      await appendAudit(tx, [input.audit])
      const ended = now.state === 'cancelled' && row.state !== 'cancelled'
      const unsettled = ended ? now.rows_unprocessed - row.rows_unprocessed : null
      return { kind: 'done', upload: toUpload(now), unsettled }
    })
