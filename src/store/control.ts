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
  if (action === 'pause') return canMove(row.state, 'paused') ? 'paused' : null
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
      const to = targetOf(row, input.action)
      if (to === null) return { kind: 'refused', state: row.state }
      const upload = toUpload(await writeMove(tx, row, to))
      if (input.action === 'resume') await wakeLane(tx, laneKey)
      await appendAudit(tx, [input.audit])
      if (to === 'cancelled') await deps.outbox.tell(tx, 'upload.cancelled', upload)
      return { kind: 'done', upload }
    })
