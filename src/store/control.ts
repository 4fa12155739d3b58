import { sql } from 'kysely'

import { canMove, HOLD_REASONS, type UploadState } from '../domain/upload.ts'
import type { UploadStore } from '../workflows/ports/uploads.ts'
import { appendAudit } from './audit-store.ts'
import { inTransaction, type Database, type Tx } from './database.ts'
import type { Outbox } from './outbox.ts'
import {
  isLaneState,
  lockLane,
  lockUpload,
  toUpload,
  UPLOAD_COLUMNS,
  wakeLane,
  type UploadRow,
} from './upload-row.ts'

type Action = 'cancel' | 'pause' | 'resume'

/** Where the action takes the upload; null when its state does not allow it. A hold for `apply` ends by `/apply` alone. */
const targetOf = (row: UploadRow, action: Action): UploadState | null => {
  if (action === 'cancel') return canMove(row.state, 'cancelled') ? 'cancelled' : null
  if (action === 'pause') {
    return row.cancel_requested_at === null && canMove(row.state, 'paused') ? 'paused' : null
  }
  const waits =
    row.state === 'paused' ||
    (row.hold_reason !== null && HOLD_REASONS[row.hold_reason] !== 'apply')
  return waits ? row.held_from : null
}

const writeMove = async (tx: Tx, row: UploadRow, to: UploadState): Promise<UploadRow> => {
  const heldFrom = to !== 'paused' ? null : isLaneState(row.state) ? row.state : row.held_from
  const { rows } = await sql<UploadRow>`update upload set state = ${to}, version = version + 1,
      held_from = ${heldFrom}, hold_reason = null, hold_since = null, retry_at = null, told_hold = null,
      rows_unprocessed = case when ${to === 'cancelled'}
        then rows_accepted - rows_delivered - rows_unchanged - rows_failed else rows_unprocessed end,
      completed_at = case when ${to === 'cancelled'} then clock_timestamp() end, updated_at = clock_timestamp()
    where id = ${row.id} returning ${UPLOAD_COLUMNS}`.execute(tx)
  return rows[0]!
}

/** Genesys may have rows of a batch whose outcome is not settled. */
const isOut = async (tx: Tx, uploadId: string): Promise<boolean> => {
  const { rows } = await sql`select 1 from batch where upload_id = ${uploadId}
    and (state = 'sent' or (state = 'intended' and attempts > 0)) limit 1`.execute(tx)
  return rows.length > 0
}

/** The lane drains the upload and ends it; nothing of it is begun any more. */
const requestCancel = async (tx: Tx, row: UploadRow): Promise<UploadRow> => {
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

const moved = async (
  deps: { outbox: Outbox },
  tx: Tx,
  row: UploadRow,
  action: Action,
): Promise<UploadRow | null> => {
  if (action === 'cancel' && isCancelled(row)) return row
  const to = targetOf(row, action)
  if (to === null) return null
  if (to === 'cancelled' && (await isOut(tx, row.id))) return requestCancel(tx, row)
  const now = await writeMove(tx, row, to)
  if (action === 'resume') await wakeLane(tx, row.lane_key)
  if (to === 'cancelled') await deps.outbox.tell(tx, 'upload.cancelled', toUpload(now))
  return now
}

export const createControl =
  (deps: { database: Database; outbox: Outbox }): UploadStore['control'] =>
  (input) =>
    inTransaction(deps.database, async (tx) => {
      const { rows } = await sql<{ lane_key: string }>`select lane_key from upload
        where id = ${input.uploadId} and tenant_id = ${input.tenantId} and state <> 'receiving'`.execute(
        tx,
      )
      const laneKey = rows[0]?.lane_key
      if (laneKey === undefined) return null
      await lockLane(tx, laneKey)
      const row = await lockUpload(tx, input.uploadId)
      if (!row) return null
      const now = await moved(deps, tx, row, input.action)
      if (now === null) return { kind: 'refused', state: row.state }
      await appendAudit(tx, [input.audit])
      return { kind: 'done', upload: toUpload(now) }
    })
