import { sql } from 'kysely'

import type {
  BatchState,
  DeliveryPart,
  DeliveryStore,
  NewPart,
} from '../../workflows/ports/delivery/delivery.ts'
import { appendAudit } from '../audit/audit-store.ts'
import { inTransaction, type Database, type Tx } from '../homes/database.ts'
import type { Seals } from '../homes/seals.ts'
import { lockWorking } from './fence.ts'
import { doubtContent } from './register.ts'

type PartRow = {
  id: string
  upload_id: string
  seq: number
  method: DeliveryPart['method']
  state: BatchState
  job_id: string | null
  rows: number
  bytes: number
  attempts: number
  refused_tries: number
  sent_at: Date | null
}

const toPart = (row: PartRow): DeliveryPart => ({
  id: row.id,
  uploadId: row.upload_id,
  seq: row.seq,
  method: row.method,
  state: row.state,
  jobId: row.job_id,
  rows: row.rows,
  bytes: row.bytes,
  attempts: row.attempts,
  refusals: row.refused_tries,
  sentAt: row.sent_at,
})

const insertPart = async (tx: Tx, uploadId: string, part: NewPart): Promise<void> => {
  await sql`insert into shipment (id, lane_key, tenant_id, method, state, rows, bytes)
    select ${part.id}, lane_key, tenant_id, ${part.method}, 'intended', ${part.rows}, ${part.bytes}
    from upload where id = ${uploadId}`.execute(tx)
  const batches = part.batches.map(({ sent, ...batch }, place) => ({
    ...batch,
    place,
    sent: sent.toString('hex'),
  }))
  await sql`insert into batch (id, upload_id, shipment_id, place, chunk_seq, from_row, to_row, state, sent)
    select b."id", ${uploadId}, ${part.id}, b.place, b."chunkSeq", b."fromRow", b."toRow", 'intended', decode(b."sent", 'hex')
    from jsonb_to_recordset(${JSON.stringify(batches)}::jsonb)
      as b ("id" text, place int, "chunkSeq" int, "fromRow" int, "toRow" int, "sent" text)`.execute(
    tx,
  )
}

const splitOpen = async (
  tx: Tx,
  partId: string,
  uploadId: string,
  refused: boolean,
): Promise<number> => {
  const parts =
    await sql`update shipment set state = 'split', doubtful = attempts > refused_tries and not ${refused}::boolean
    where id = ${partId} and state in ('intended', 'sent')
      and exists (select from batch where shipment_id = ${partId} and upload_id = ${uploadId}) returning id`.execute(
      tx,
    )
  const batches = await sql`update batch set state = 'split'
    where shipment_id = ${partId} and state in ('intended', 'sent') returning id`.execute(tx)
  if (parts.rows.length === 0) throw new Error(`Part ${partId} cannot be split`)
  return batches.rows.length
}

/** The SQL store of the parts of uploads that are sent as files. */
export const createParts = (
  database: Database,
  seals: Seals,
): Pick<DeliveryStore, 'parts' | 'intendPart' | 'splitPart'> => ({
  parts: async (uploadId) => {
    const { rows } = await sql<PartRow>`
      select * from (
        select id, ${uploadId} as upload_id, (row_number() over (order by number))::int as seq, method, state, job_id, rows,
          bytes::int as bytes, attempts, refused_tries, sent_at from shipment
        where id in (select shipment_id from batch where upload_id = ${uploadId}) and method <> 'batches') as part
      where state <> 'split' order by seq`.execute(database.db)
    return rows.map(toPart)
  },
  intendPart: (claim, uploadId, part, audit, overwrites) =>
    inTransaction(database, async (tx) => {
      const upload = await lockWorking(tx, claim, uploadId)
      await insertPart(tx, uploadId, part)
      await doubtContent(tx, seals, upload, overwrites)
      await appendAudit(tx, [audit])
    }),
  splitPart: (claim, partId, uploadId, parts, refused) =>
    inTransaction(database, async (tx) => {
      await lockWorking(tx, claim, uploadId)
      const before = await splitOpen(tx, partId, uploadId, refused)
      let after = 0
      for (const part of parts) {
        await insertPart(tx, uploadId, part)
        after += part.batches.length
      }
      await sql`update upload set batches_total = batches_total + ${after - before}::int, version = version + 1,
        updated_at = clock_timestamp() where id = ${uploadId}`.execute(tx)
    }),
})
