import { sql } from 'kysely'

import { brokenSums, canMove, completedState, type Upload } from '../domain/upload.ts'
import type { DeliveryStore, FinishUpload } from '../workflows/ports/delivery.ts'
import { appendAudit } from './audit-store.ts'
import { inTransaction, type Database, type Tx } from './database.ts'
import { lockWorking } from './fence.ts'
import type { Outbox } from './outbox.ts'
import { settledRows, toUpload, UPLOAD_COLUMNS, type UploadRow } from './upload-row.ts'

/** What is not settled becomes unprocessed, and then the counts decide between the two completed states. */
const writeEnd = async (tx: Tx, row: UploadRow, input: FinishUpload): Promise<Upload> => {
  const { counts } = toUpload(row)
  const unprocessed = counts.unprocessed + counts.accepted - settledRows(counts)
  const state = input.state === 'failed' ? 'failed' : completedState({ ...counts, unprocessed })
  if (!canMove(row.state, state)) {
    throw new Error(`Upload ${row.id} cannot go from ${row.state} to ${state}`)
  }
  const problem = input.problem === null ? null : JSON.stringify(input.problem)
  const { rows } = await sql<UploadRow>`update upload set state = ${state}, version = version + 1,
      rows_unprocessed = ${unprocessed}, problem = ${problem}::jsonb, told_hold = null,
      updated_at = clock_timestamp(), completed_at = clock_timestamp()
    where id = ${row.id} returning ${UPLOAD_COLUMNS}`.execute(tx)
  const upload = toUpload(rows[0]!)
  const broken = brokenSums(upload.counts, true)
  if (broken.length > 0) {
    throw new Error(`Upload ${row.id}: rows do not add up (${broken.join(', ')})`)
  }
  return upload
}

export const createEnding = (deps: {
  database: Database
  outbox: Outbox
}): Pick<DeliveryStore, 'finish' | 'hold'> => ({
  finish: (claim, input) =>
    inTransaction(deps.database, async (tx) => {
      const row = await lockWorking(tx, claim, input.uploadId)
      const upload = await writeEnd(tx, row, input)
      await appendAudit(tx, [input.audit])
      const type = upload.state === 'failed' ? 'upload.failed' : 'upload.completed'
      await deps.outbox.tell(tx, type, upload)
      return upload
    }),
  hold: (claim, input) =>
    inTransaction(deps.database, async (tx) => {
      const row = await lockWorking(tx, claim, input.uploadId)
      const retryIn = input.retryInMs === null ? null : input.retryInMs / 1000
      const { rows } = await sql<UploadRow>`update upload set state = 'held', held_from = state,
          hold_reason = ${input.reason}, hold_since = clock_timestamp(), told_hold = ${input.reason},
          retry_at = clock_timestamp() + make_interval(secs => ${retryIn}::float8),
          version = version + 1, updated_at = clock_timestamp()
        where id = ${input.uploadId} returning ${UPLOAD_COLUMNS}`.execute(tx)
      const upload = toUpload(rows[0]!)
      await appendAudit(tx, [input.audit])
      if (row.told_hold !== input.reason) await deps.outbox.tell(tx, 'upload.held', upload)
      return upload
    }),
})
