import { sql, type RawBuilder } from 'kysely'

import { FenceLost, UploadMoved, type LaneClaim } from '../../workflows/ports/delivery/delivery.ts'
import type { Tx } from '../homes/database.ts'
import {
  isLaneState,
  LANE_STATES_SQL,
  UPLOAD_COLUMNS,
  type UploadRow,
} from '../uploads/upload-row.ts'

/**
 * Two tables for a statement that both locks and writes. `held`: the lane's row, if the lane still
 * has the claim's fence. `locked`: the upload's row. Both rows are locked, in this order, until the
 * transaction ends. Pass the rows that the statement returns to `checkFenced` or `checkWorking`.
 */
export const fencedTables = (
  claim: LaneClaim,
  uploadId: string | RawBuilder<unknown>,
): RawBuilder<unknown> => sql`held as materialized (select key from lane where key = ${claim.key}
      and owner = ${claim.owner} and fence = ${claim.fence}::bigint for update),
    locked as materialized (select upload.* from upload, held where upload.id = ${uploadId} for update of upload)`

/**
 * A table with the row of `locked`. The table is empty in three cases, because nothing new may
 * begin then:
 * - the lane has a newer fence
 * - the upload is not in the claimed lane
 * - the upload was paused, held or ended, or is to be cancelled
 */
export const WORKING_TABLE = sql`working as materialized (select locked.* from locked, held
    where lane_key = held.key and state in (${LANE_STATES_SQL}) and cancel_requested_at is null)`

/**
 * One row if the lane still has the claim's fence, otherwise none. The columns of `locked` are null
 * if there is no such upload.
 */
export const FENCED_ROWS = sql`held left join locked on true`

/**
 * Returns the upload's row. Throws `FenceLost` if the lane has a newer fence, and a plain error (a
 * bug) if the upload is not in the lane.
 */
export const checkFenced = <Row extends Pick<UploadRow, 'id' | 'lane_key'>>(
  rows: readonly Row[],
  claim: LaneClaim,
  what: string,
): Row => {
  const row = rows[0]
  if (row === undefined) {
    throw new FenceLost(`Lane ${claim.key}: fence ${claim.fence} is no longer the newest`)
  }
  if (row.lane_key !== claim.key) throw new Error(`${what} is not in lane ${claim.key}`)
  return row
}

type Standing = Pick<UploadRow, 'id' | 'lane_key' | 'state' | 'cancel_requested_at'>

const checkInLane = <Row extends Standing>(row: Row): Row => {
  if (!isLaneState(row.state)) throw new UploadMoved(`Upload ${row.id} is ${row.state}`)
  return row
}

/**
 * Returns the upload's row like `checkFenced`. Also throws `UploadMoved` if the upload was paused,
 * held or ended, or is to be cancelled.
 */
export const checkWorking = <Row extends Standing>(
  rows: readonly Row[],
  claim: LaneClaim,
  what: string,
): Row => {
  const row = checkInLane(checkFenced(rows, claim, what))
  if (row.cancel_requested_at !== null) {
    throw new UploadMoved(`Upload ${row.id} is to be cancelled`)
  }
  return row
}

const lockRows = async (tx: Tx, claim: LaneClaim, uploadId: string): Promise<UploadRow[]> => {
  const { rows } = await sql<UploadRow>`with ${fencedTables(claim, uploadId)}
    select ${UPLOAD_COLUMNS} from ${FENCED_ROWS}`.execute(tx)
  return rows
}

/**
 * Locks the lane, compares the fence and locks the upload. No other transaction can write to these
 * two rows until this transaction ends. Throws like `checkFenced`.
 */
export const lockFenced = async (tx: Tx, claim: LaneClaim, uploadId: string): Promise<UploadRow> =>
  checkFenced(await lockRows(tx, claim, uploadId), claim, `Upload ${uploadId}`)

/**
 * Locks like `lockFenced`. Throws `UploadMoved` if the upload was paused, held or ended in the
 * meantime.
 */
export const lockInLane = async (tx: Tx, claim: LaneClaim, uploadId: string): Promise<UploadRow> =>
  checkInLane(await lockFenced(tx, claim, uploadId))

/** Locks like `lockInLane`. Also throws `UploadMoved` if the upload is to be cancelled. */
export const lockWorking = async (tx: Tx, claim: LaneClaim, uploadId: string): Promise<UploadRow> =>
  checkWorking(await lockRows(tx, claim, uploadId), claim, `Upload ${uploadId}`)
