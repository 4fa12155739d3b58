import { sql } from 'kysely'

import { brokenSums, FINAL_STATES } from '../domain/upload.ts'
import type { DeliveryStore } from '../workflows/ports/delivery.ts'
import { appendAudit } from './audit-store.ts'
import { inTransaction, type Database, type Tx } from './database.ts'
import { lockFenced } from './fence.ts'
import { moveMarks } from './progress-marks.ts'
import { toUpload, UPLOAD_COLUMNS, type UploadRow } from './upload-row.ts'

type Settlement = Parameters<DeliveryStore['settle']>[1]

const writeResults = async (tx: Tx, input: Settlement): Promise<void> => {
  if (input.results.length === 0) return
  await sql`insert into row_result (upload_id, line, chunk_seq, outcome, code, column_name)
    select ${input.uploadId}, r."line", r."chunkSeq", r."outcome", r."code", r."column"
    from jsonb_to_recordset(${JSON.stringify(input.results)}::jsonb)
      as r ("line" int, "chunkSeq" int, "outcome" text, "code" text, "column" text)
    order by r."line" on conflict (upload_id, line) do update
    set outcome = excluded.outcome, code = excluded.code, column_name = excluded.column_name`.execute(
    tx,
  )
}

/** Ids in order, so that two transactions over the same contacts wait for each other instead of deadlocking. */
const writeRegister = async (tx: Tx, upload: UploadRow, input: Settlement): Promise<void> => {
  if (input.delivered.length === 0) return
  const ids = input.delivered.map((row) => row.contactId)
  const hashes = input.delivered.map((row) => row.contentHash.toString('hex'))
  const lines = input.delivered.map((row) => row.line)
  await sql`insert into contact_register as known
      (tenant_id, list_id, contact_id, content_hash, accepted_seq, upload_id, line)
    select ${upload.tenant_id}, ${upload.contact_list_id}, d.id, decode(d.hash, 'hex'), ${upload.accepted_seq}::bigint,
      ${upload.id}, d.line
    from unnest(${ids}::text[], ${hashes}::text[], ${lines}::int[]) as d (id, hash, line)
    order by d.id collate "C"
    on conflict (tenant_id, list_id, contact_id) do update set content_hash = excluded.content_hash,
      accepted_seq = excluded.accepted_seq, upload_id = excluded.upload_id, line = excluded.line,
      delivered_at = clock_timestamp()
    where known.accepted_seq <= excluded.accepted_seq`.execute(tx)
}

/** The part of a file is settled with its last batch. */
const closePart = async (tx: Tx, partId: string): Promise<void> => {
  await sql`update delivery_part set state = 'settled', settled_at = clock_timestamp()
    where id = ${partId} and state in ('intended', 'sent')
      and not exists (select from batch where part_id = ${partId} and state in ('intended', 'sent'))`.execute(
    tx,
  )
}

const writeCounts = async (tx: Tx, input: Settlement): Promise<UploadRow> => {
  const { counts } = input
  const failed = counts.failed > 0 && counts.delivered + counts.unchanged === 0
  const settledNow = counts.delivered + counts.unchanged + counts.failed + counts.unprocessed
  const { rows } =
    await sql<UploadRow>`update upload set version = version + 1, updated_at = clock_timestamp(),
      told_hold = null, ${moveMarks(settledNow)},
      rows_delivered = rows_delivered + ${counts.delivered}::int,
      rows_unchanged = rows_unchanged + ${counts.unchanged}::int,
      rows_failed = rows_failed + ${counts.failed}::int,
      rows_unprocessed = rows_unprocessed + ${counts.unprocessed}::int,
      batches_delivered = batches_delivered + ${failed ? 0 : 1}::int,
      batches_failed = batches_failed + ${failed ? 1 : 0}::int
    where id = ${input.uploadId} returning ${UPLOAD_COLUMNS}`.execute(tx)
  return rows[0]!
}

/** An upload that was paused or held meanwhile keeps the outcome of what was sent; an ended one is left as it is. */
export const createSettle =
  (deps: { database: Database }): DeliveryStore['settle'] =>
  (claim, input) =>
    inTransaction(deps.database, async (tx) => {
      const upload = await lockFenced(tx, claim, input.uploadId)
      if (FINAL_STATES.includes(upload.state)) return toUpload(upload)
      const { rows } = await sql<{
        part_id: string | null
      }>`update batch set state = 'settled', settled_at = clock_timestamp()
        where id = ${input.batchId} and upload_id = ${input.uploadId} and state in ('intended', 'sent')
        returning part_id`.execute(tx)
      const settledBatch = rows[0]
      if (settledBatch === undefined) return toUpload(upload)
      if (settledBatch.part_id !== null) await closePart(tx, settledBatch.part_id)
      await writeResults(tx, input)
      await writeRegister(tx, upload, input)
      const settled = toUpload(await writeCounts(tx, input))
      const broken = brokenSums(settled.counts, false)
      if (broken.length > 0) {
        throw new Error(`Upload ${input.uploadId}: rows do not add up (${broken.join(', ')})`)
      }
      await appendAudit(tx, [input.audit])
      return settled
    })
