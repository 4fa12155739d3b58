import { sql, type RawBuilder } from 'kysely'

import type {
  Batch,
  BatchState,
  DeliveryStore,
  JobEnd,
  NewBatch,
} from '../../workflows/ports/delivery/delivery.ts'
import { auditInsert } from '../audit/audit-store.ts'
import { inTransaction, type Database, type Db } from '../homes/database.ts'
import type { Seals } from '../homes/seals.ts'
import type { UploadRow } from '../uploads/upload-row.ts'
import { checkWorking, FENCED_ROWS, fencedTables, lockWorking, WORKING_TABLE } from './fence.ts'
import { doubtOfWorking } from './register.ts'

type BatchRow = {
  id: string
  upload_id: string
  chunk_seq: number
  from_row: number
  to_row: number
  state: BatchState
  job_id: string | null
  shipment_id: string | null
  method: string
  sent: Buffer
  attempts: number
  refused_tries: number
}

const toBatch = (row: BatchRow): Batch => ({
  id: row.id,
  uploadId: row.upload_id,
  chunkSeq: row.chunk_seq,
  fromRow: row.from_row,
  toRow: row.to_row,
  state: row.state,
  jobId: row.job_id,
  partId: row.method === 'batches' ? null : row.shipment_id,
  shared: row.method === 'batches' && row.shipment_id !== row.id,
  sent: row.sent,
  attempts: row.attempts,
  refusals: row.refused_tries,
})

/**
 * The parts of a statement that write a batch and its shipment. The shipment has the same id and
 * contains only this batch. `from`: a table that has one row if the batch may be written.
 */
const insertBatch = (
  uploadId: string,
  batch: NewBatch,
  from: RawBuilder<unknown>,
) => sql`shipped as (
      insert into shipment (id, lane_key, tenant_id, method, state, rows, bytes)
      select ${batch.id}, lane_key, tenant_id, 'batches', 'intended', bit_count(${batch.sent}::bytea), 0 from ${from}),
    intended as (insert into batch (id, upload_id, shipment_id, chunk_seq, from_row, to_row, state, sent)
      select ${batch.id}, ${uploadId}, ${batch.id}, ${batch.chunkSeq}::int, ${batch.fromRow}::int, ${batch.toRow}::int,
        'intended', ${batch.sent}::bytea from ${from})`

type Standing = Pick<UploadRow, 'id' | 'lane_key' | 'state' | 'cancel_requested_at'>
const STANDING = sql`locked.id, lane_key, state, cancel_requested_at`

/**
 * Records the intent to send a batch. One statement writes the batch, its shipment, the doubt about
 * the contacts in `overwrites`, and the audit entry. So a batch waits only once for the database.
 */
const intend =
  (db: Db, seals: Seals): DeliveryStore['intend'] =>
  async (claim, uploadId, batch, audit, overwrites = []) => {
    const { rows } = await sql<Standing>`with ${fencedTables(claim, uploadId)}, ${WORKING_TABLE},
      ${overwrites.length > 0 ? sql`doubted as (${doubtOfWorking(seals, overwrites)}),` : sql``}
      ${insertBatch(uploadId, batch, sql`working`)},
      noted as (${auditInsert([audit])} where exists (select from working))
      select ${STANDING} from ${FENCED_ROWS}`.execute(db)
    checkWorking(rows, claim, `Upload ${uploadId}`)
  }

/**
 * The SQL store of batches. `split` throws a plain error (a bug) if the batch is neither `intended`
 * nor `sent`.
 */
export const createBatches = (
  database: Database,
  seals: Seals,
): Pick<DeliveryStore, 'batches' | 'jobEnds' | 'intend' | 'split'> => ({
  batches: async (uploadId) => {
    const { rows } = await sql<BatchRow>`
        select batch.id, upload_id, chunk_seq, from_row, to_row, batch.state, job_id, shipment_id, method, sent, attempts, refused_tries
        from batch join shipment on shipment.id = shipment_id
        where upload_id = ${uploadId} and batch.state <> 'split' order by chunk_seq, from_row`.execute(
      database.db,
    )
    return rows.map(toBatch)
  },
  jobEnds: async (uploadId) => {
    const { rows } = await sql<{ ended: JobEnd; batches: number }>`
      select ended, count(*)::int as batches from batch
      where upload_id = ${uploadId} and state = 'settled' and ended is not null group by ended`.execute(
      database.db,
    )
    return {
      completed: 0,
      failed: 0,
      lost: 0,
      ...Object.fromEntries(rows.map(({ ended, batches }) => [ended, batches])),
    }
  },
  intend: intend(database.db, seals),
  split: (claim, batchId, uploadId, parts, refused) =>
    inTransaction(database, async (tx) => {
      await lockWorking(tx, claim, uploadId)
      const { rows } =
        await sql`update batch set state = 'split' where id = ${batchId} and upload_id = ${uploadId}
          and state in ('intended', 'sent') returning id`.execute(tx)
      if (rows.length === 0) throw new Error(`Batch ${batchId} cannot be split`)
      await sql`update shipment set state = 'split', doubtful = attempts > refused_tries and not ${refused}::boolean
        where id = ${batchId}`.execute(tx)
      for (const part of parts) {
        const upload = sql`(select lane_key, tenant_id from upload where id = ${uploadId}) as u`
        await sql`with ${insertBatch(uploadId, part, upload)} select 1`.execute(tx)
      }
      await sql`update upload set batches_total = batches_total + ${parts.length - 1}::int, version = version + 1,
          updated_at = clock_timestamp() where id = ${uploadId}`.execute(tx)
    }),
})
