import { sql, type RawBuilder } from 'kysely'

import { brokenSums } from '../../domain/uploads/upload.ts'
import type { DeliveryStore, LaneClaim } from '../../workflows/ports/delivery/delivery.ts'
import { auditInsert } from '../audit/audit-store.ts'
import { inTransaction, type Database, type Tx } from '../homes/database.ts'
import { moveMarks } from '../uploads/progress-marks.ts'
import {
  contentSeqOf,
  FINAL_STATES_SQL,
  toUpload,
  UPLOAD_COLUMNS,
  type UploadRow,
} from '../uploads/upload-row.ts'
import { checkFenced, FENCED_ROWS, fencedTables } from './fence.ts'

type Settlement = Parameters<DeliveryStore['settle']>[1]

const insertResults = (input: Settlement): RawBuilder<unknown> =>
  sql`insert into row_result (upload_id, line, chunk_seq, outcome, code, column_name, said)
    select ${input.uploadId}, r."line", r."chunkSeq", r."outcome", r."code", r."column", r."said"
    from jsonb_to_recordset(${JSON.stringify(input.results)}::jsonb)
      as r ("line" int, "chunkSeq" int, "outcome" text, "code" text, "column" text, "said" text)
    order by r."line" on conflict (upload_id, line) do update
    set outcome = excluded.outcome, code = excluded.code, column_name = excluded.column_name,
      said = excluded.said`

const HASH_BYTES = 16

/** Ids in order, so that two transactions over the same contacts wait for each other instead of deadlocking. */
const upsertRegister = (upload: UploadRow, input: Settlement): RawBuilder<unknown> => {
  const ids = input.delivered.map((row) => row.contactId)
  const hashes = Buffer.concat(input.delivered.map((row) => row.contentHash))
  const lines = input.delivered.map((row) => row.line)
  return sql`insert into contact_register as known
      (tenant_id, list_id, contact_id, content_hash, accepted_seq, upload_id, line)
    select ${upload.tenant_id}, ${upload.contact_list_id}, d.id,
      substring(${hashes}::bytea from ((d.place - 1) * ${HASH_BYTES}::int + 1)::int for ${HASH_BYTES}::int),
      ${contentSeqOf(upload)}::bigint, ${upload.id}, d.line
    from unnest(${ids}::text[], ${lines}::int[]) with ordinality as d (id, line, place)
    order by d.id collate "C"
    on conflict (tenant_id, list_id, contact_id) do update set content_hash = excluded.content_hash,
      accepted_seq = excluded.accepted_seq, upload_id = excluded.upload_id, line = excluded.line,
      delivered_at = clock_timestamp()
    where known.accepted_seq <= excluded.accepted_seq`
}

/** What was not sent because it is there already is as new as this upload; the lane's lock keeps others from these rows. */
const confirmRegister = (upload: UploadRow, confirmed: readonly string[]): RawBuilder<unknown> =>
  sql`update contact_register set accepted_seq = ${contentSeqOf(upload)}::bigint
    where tenant_id = ${upload.tenant_id} and list_id = ${upload.contact_list_id}
      and contact_id = any(${[...confirmed]}::text[]) and accepted_seq < ${contentSeqOf(upload)}::bigint`

/** The part of a file is settled with its last batch. */
const closePart = async (tx: Tx, partId: string): Promise<void> => {
  await sql`update delivery_part set state = 'settled', settled_at = clock_timestamp()
    where id = ${partId} and state in ('intended', 'sent')
      and not exists (select from batch where part_id = ${partId} and state in ('intended', 'sent'))`.execute(
    tx,
  )
}

/** Everything that the batch's end changes, in one statement; the upload as it is then. */
const writeOutcome = async (tx: Tx, upload: UploadRow, input: Settlement): Promise<UploadRow> => {
  const { counts, confirmed = [], unnamed } = input
  const failed = counts.failed > 0 && counts.delivered + counts.unchanged === 0
  const settledNow = counts.delivered + counts.unchanged + counts.failed + counts.unprocessed
  const results = sql`results as (${insertResults(input)}),`
  const register = sql`registered as (${upsertRegister(upload, input)}),`
  const confirmation = sql`confirmed as (${confirmRegister(upload, confirmed)}),`
  const { rows } = await sql<UploadRow>`with
      ${input.results.length > 0 ? results : sql``}
      ${input.delivered.length > 0 ? register : sql``}
      ${confirmed.length > 0 ? confirmation : sql``}
      noted as (${auditInsert([input.audit])})
    update upload set version = version + 1, updated_at = clock_timestamp(),
      told_hold = null, ${moveMarks(settledNow)},
      rows_delivered = rows_delivered + ${counts.delivered}::int,
      rows_unchanged = rows_unchanged + ${counts.unchanged}::int,
      rows_failed = rows_failed + ${counts.failed}::int,
      rows_unprocessed = rows_unprocessed + ${counts.unprocessed}::int,
      rows_unidentified = rows_unidentified + ${unnamed?.unidentified ?? 0}::int,
      rows_unattributed = rows_unattributed + ${unnamed?.unattributed ?? 0}::int,
      batches_delivered = batches_delivered + ${failed ? 0 : 1}::int,
      batches_failed = batches_failed + ${failed ? 1 : 0}::int
    where id = ${input.uploadId} returning ${UPLOAD_COLUMNS}`.execute(tx)
  return rows[0]!
}

type Locked = UploadRow & { settled_id: string | null; settled_part: string | null }

/** Locks lane and upload and settles the batch, unless it or the upload has ended before: then `settled_id` is null. */
const lockAndSettle = async (tx: Tx, claim: LaneClaim, input: Settlement): Promise<Locked> => {
  const { rows } = await sql<Locked>`with ${fencedTables(claim, input.uploadId)},
    settled as (update batch set state = 'settled', ended = ${input.ended ?? null}, settled_at = clock_timestamp() from locked, held
      where batch.id = ${input.batchId} and batch.upload_id = locked.id and batch.state in ('intended', 'sent')
        and locked.lane_key = held.key and locked.state not in (${FINAL_STATES_SQL})
      returning batch.id as settled_id, batch.part_id as settled_part)
    select ${UPLOAD_COLUMNS}, settled_id, settled_part from ${FENCED_ROWS} left join settled on true`.execute(
    tx,
  )
  return checkFenced(rows, claim, `Upload ${input.uploadId}`)
}

/** An upload that was paused or held meanwhile keeps the outcome of what was sent; an ended one is left as it is. */
export const createSettle =
  (deps: { database: Database }): DeliveryStore['settle'] =>
  (claim, input) =>
    inTransaction(deps.database, async (tx) => {
      const locked = await lockAndSettle(tx, claim, input)
      if (locked.settled_id === null) return toUpload(locked)
      if (locked.settled_part !== null) await closePart(tx, locked.settled_part)
      const settled = toUpload(await writeOutcome(tx, locked, input))
      const broken = brokenSums(settled.counts, false)
      if (broken.length > 0) {
        throw new Error(`Upload ${input.uploadId}: rows do not add up (${broken.join(', ')})`)
      }
      return settled
    })
