import { sql } from 'kysely'

import { canMove } from '../domain/upload.ts'
import type { Batch, BatchState, DeliveryStore, NewBatch } from '../workflows/ports/delivery.ts'
import { appendAudit } from './audit-store.ts'
import { createClearing } from './clearing.ts'
import { inTransaction, type Database, type Tx } from './database.ts'
import { createEnding } from './ending.ts'
import { lockFenced, lockWorking } from './fence.ts'
import type { Outbox } from './outbox.ts'
import { createParts } from './parts.ts'
import { createRegister, doubtContent } from './register.ts'
import { createSettle } from './settle.ts'
import { LANE_STATES_SQL, toUpload, UPLOAD_COLUMNS, type UploadRow } from './upload-row.ts'

type BatchRow = {
  id: string
  upload_id: string
  chunk_seq: number
  from_row: number
  to_row: number
  state: BatchState
  job_id: string | null
  part_id: string | null
  sent: Buffer
  attempts: number
}

const toBatch = (row: BatchRow): Batch => ({
  id: row.id,
  uploadId: row.upload_id,
  chunkSeq: row.chunk_seq,
  fromRow: row.from_row,
  toRow: row.to_row,
  state: row.state,
  jobId: row.job_id,
  partId: row.part_id,
  sent: row.sent,
  attempts: row.attempts,
})

const insertBatch = async (tx: Tx, uploadId: string, batch: NewBatch): Promise<void> => {
  await sql`insert into batch (id, upload_id, chunk_seq, from_row, to_row, state, sent)
    values (${batch.id}, ${uploadId}, ${batch.chunkSeq}, ${batch.fromRow}, ${batch.toRow}, 'intended', ${batch.sent})`.execute(
    tx,
  )
}

const uploadOfBatch = async (tx: Tx, batchId: string): Promise<string> => {
  const { rows } = await sql<{ upload_id: string }>`
    select upload_id from batch where id = ${batchId}`.execute(tx)
  if (!rows[0]) throw new Error(`Batch ${batchId} was never intended`)
  return rows[0].upload_id
}

const createBatches = (
  database: Database,
): Pick<DeliveryStore, 'batches' | 'intend' | 'markSent' | 'split'> => ({
  batches: async (uploadId) => {
    const { rows } = await sql<BatchRow>`
        select id, upload_id, chunk_seq, from_row, to_row, state, job_id, part_id, sent, attempts from batch
        where upload_id = ${uploadId} and state <> 'split' order by chunk_seq, from_row`.execute(
      database.db,
    )
    return rows.map(toBatch)
  },
  intend: (claim, uploadId, batch, audit, overwrites = []) =>
    inTransaction(database, async (tx) => {
      const upload = await lockWorking(tx, claim, uploadId)
      await insertBatch(tx, uploadId, batch)
      await doubtContent(tx, upload, overwrites)
      await appendAudit(tx, [audit])
    }),
  markSent: (claim, batchId, jobId) =>
    inTransaction(database, async (tx) => {
      const uploadId = await uploadOfBatch(tx, batchId)
      if (jobId === null) {
        await lockWorking(tx, claim, uploadId)
        await sql`update batch set state = 'sent', attempts = attempts + 1
            where id = ${batchId} and state in ('intended', 'sent')`.execute(tx)
        return
      }
      // The job of what was sent is kept even if the upload was paused meanwhile: resuming asks for it.
      await lockFenced(tx, claim, uploadId)
      await sql`update batch set state = 'sent', job_id = ${jobId}
          where id = ${batchId} and state in ('intended', 'sent')`.execute(tx)
    }),
  split: (claim, batchId, uploadId, parts) =>
    inTransaction(database, async (tx) => {
      await lockWorking(tx, claim, uploadId)
      const { rows } =
        await sql`update batch set state = 'split' where id = ${batchId} and upload_id = ${uploadId}
          and state in ('intended', 'sent') returning id`.execute(tx)
      if (rows.length === 0) throw new Error(`Batch ${batchId} cannot be split`)
      for (const part of parts) await insertBatch(tx, uploadId, part)
      await sql`update upload set batches_total = batches_total + ${parts.length - 1}::int, version = version + 1,
          updated_at = clock_timestamp() where id = ${uploadId}`.execute(tx)
    }),
})

export const createDeliveryStore = (deps: {
  database: Database
  outbox: Outbox
}): DeliveryStore => {
  const { database } = deps
  const { db } = database
  return {
    ...createBatches(database),
    ...createParts(database),
    ...createClearing(database),
    ...createRegister(database),
    ...createEnding(deps),
    settle: createSettle(deps),
    next: async (claim) => {
      const { rows } = await sql<UploadRow>`select ${UPLOAD_COLUMNS} from upload
        where lane_key = ${claim.key} and state in (${LANE_STATES_SQL})
          and exists (select from lane where key = ${claim.key} and owner = ${claim.owner}
            and fence = ${claim.fence}::bigint)
        order by accepted_seq limit 1`.execute(db)
      return rows[0] ? toUpload(rows[0]) : null
    },
    move: (claim, uploadId, to) =>
      inTransaction(database, async (tx) => {
        const upload = await lockWorking(tx, claim, uploadId)
        if (upload.state === to) return toUpload(upload)
        if (!canMove(upload.state, to)) {
          throw new Error(`Upload ${uploadId} cannot go from ${upload.state} to ${to}`)
        }
        const { rows } =
          await sql<UploadRow>`update upload set state = ${to}, version = version + 1,
          updated_at = clock_timestamp() where id = ${uploadId} returning ${UPLOAD_COLUMNS}`.execute(
            tx,
          )
        return toUpload(rows[0]!)
      }),
    chunkSeqs: async (uploadId) => {
      const { rows } = await sql<{ seq: number }>`
        select seq from chunk where upload_id = ${uploadId} order by seq`.execute(db)
      return rows.map(({ seq }) => seq)
    },
  }
}
