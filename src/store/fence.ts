import { sql } from 'kysely'

import { FenceLost, UploadMoved, type LaneClaim } from '../workflows/ports/delivery.ts'
import type { Tx } from './database.ts'
import { isLaneState, lockUpload, type UploadRow } from './upload-row.ts'

/** Locks the lane, compares the fence, then locks the upload: nobody else writes to either until the transaction ends. */
export const lockFenced = async (
  tx: Tx,
  claim: LaneClaim,
  uploadId: string,
): Promise<UploadRow> => {
  const { rows } = await sql`select 1 from lane where key = ${claim.key} and owner = ${claim.owner}
    and fence = ${claim.fence}::bigint for update`.execute(tx)
  if (rows.length === 0) {
    throw new FenceLost(`Lane ${claim.key}: fence ${claim.fence} is no longer the newest`)
  }
  const upload = await lockUpload(tx, uploadId)
  if (!upload || upload.lane_key !== claim.key) {
    throw new Error(`Upload ${uploadId} is not in lane ${claim.key}`)
  }
  return upload
}

/** The same, for writes about work in the lane: not for an upload that was paused, held or ended meanwhile. */
export const lockInLane = async (
  tx: Tx,
  claim: LaneClaim,
  uploadId: string,
): Promise<UploadRow> => {
  const upload = await lockFenced(tx, claim, uploadId)
  if (!isLaneState(upload.state)) {
    throw new UploadMoved(`Upload ${uploadId} is ${upload.state}`)
  }
  return upload
}

/** The same, for writes that begin something new: not for an upload that is to be cancelled either. */
export const lockWorking = async (
  tx: Tx,
  claim: LaneClaim,
  uploadId: string,
): Promise<UploadRow> => {
  const upload = await lockInLane(tx, claim, uploadId)
  if (upload.cancel_requested_at !== null) {
    throw new UploadMoved(`Upload ${uploadId} is to be cancelled`)
  }
  return upload
}
