import { sql, type RawBuilder } from 'kysely'

import type { SuppressionEpochs } from '../../domain/do-not-call/suppression.ts'
import { brokenSums } from '../../domain/uploads/upload.ts'
import { hasBit } from '../../lib/bitmap.ts'
import type {
  DeliveryStore,
  LaneClaim,
  RegisterRow,
} from '../../workflows/ports/delivery/delivery.ts'
import { auditInsert } from '../audit/audit-store.ts'
import { retractSettled } from '../do-not-call/afterwards/retract-settled.ts'
import { LOCKED_EPOCHS, lockEpochs, type LockedEpochs } from '../do-not-call/suppressed-since.ts'
import { inTransaction, type Database, type Tx } from '../homes/database.ts'
import type { Seals } from '../homes/seals.ts'
import { moveMarks } from '../uploads/progress-marks.ts'
import {
  FINAL_STATES_SQL,
  toUpload,
  UPLOAD_COLUMNS,
  type UploadRow,
} from '../uploads/upload-row.ts'
import { checkFenced, FENCED_ROWS, fencedTables } from './fence.ts'
import { settledRegister } from './register.ts'

type Settlement = Parameters<DeliveryStore['settle']>[1]

const insertResults = (input: Settlement): RawBuilder<unknown> =>
  sql`insert into row_result (upload_id, line, chunk_seq, outcome, code, column_name, said)
    select ${input.uploadId}, r."line", r."chunkSeq", r."outcome", r."code", r."column", r."said"
    from jsonb_to_recordset(${JSON.stringify(input.results)}::jsonb)
      as r ("line" int, "chunkSeq" int, "outcome" text, "code" text, "column" text, "said" text)
    order by r."line" on conflict (upload_id, line) do update
    set outcome = excluded.outcome, code = excluded.code, column_name = excluded.column_name,
      said = excluded.said`

/**
 * The delivered rows whose contacts go into the register. The run may have read the rows before an
 * erasure, and the erasure may have passed the register already.
 */
export const withoutErased = (
  delivered: readonly RegisterRow[],
  erased: Buffer | null,
): readonly RegisterRow[] =>
  erased === null || erased.length === 0
    ? delivered
    : delivered.filter(({ row }) => !hasBit(erased, row))

/** Settles the shipment of a file if its last batch is settled. */
const closeShipment = async (tx: Tx, shipmentId: string): Promise<void> => {
  await sql`update shipment set state = 'settled', settled_at = clock_timestamp()
    where id = ${shipmentId} and state in ('intended', 'sent')
      and not exists (select from batch where shipment_id = ${shipmentId} and state in ('intended', 'sent'))`.execute(
    tx,
  )
}

/**
 * Whether rows of the batch may have been sent, so that Genesys may hold them. False if all rows
 * were unchanged.
 */
const mayBeThere = ({ delivered, results }: Settlement): boolean =>
  delivered.length > 0 || results.some(({ outcome }) => outcome !== 'unchanged')

/**
 * Notes that contacts of the batch must be retracted, because entries named them while the batch
 * was in flight.
 */
const retractNamed = async (
  tx: Tx,
  seals: Seals,
  locked: Locked,
  { chunk }: Settlement,
): Promise<void> => {
  const { settled_rows: rows, settled_subjects: subjects, since } = locked
  if (rows === null || chunk === undefined) return
  const upload = { uploadId: locked.id, tenantId: locked.tenant_id, listId: locked.contact_list_id }
  const of = { chunkSeq: rows.seq, fromRow: rows.from, toRow: rows.to, chunk, subjects, since }
  await retractSettled(tx, seals, { ...upload, ...of }, locked)
}

type Locked = UploadRow &
  LockedEpochs & {
    settled_id: string | null
    settled_shipment: string | null
    settled_rows: { seq: number; from: number; to: number } | null
    /**
     * The subjects of the batch's chunk. null: the subjects were not computed yet, or no row can
     * have been sent.
     */
    settled_subjects: Buffer | null
    /** The rows of the batch's chunk that were erased meanwhile, as bits. null: no such chunk. */
    settled_erased: Buffer | null
    since: SuppressionEpochs | null
  }

/**
 * Writes everything that the end of the batch changes, in one statement. Returns the upload after
 * the change.
 */
const writeOutcome = async (
  tx: Tx,
  seals: Seals,
  upload: Locked,
  input: Settlement,
): Promise<UploadRow> => {
  const { counts, confirmed = [], unnamed } = input
  const failed = counts.failed > 0 && counts.delivered + counts.unchanged === 0
  const settledNow = counts.delivered + counts.unchanged + counts.failed + counts.unprocessed
  const results = sql`results as (${insertResults(input)}),`
  const register = settledRegister(seals, [
    {
      ...{ upload, subjects: upload.settled_subjects, confirmed },
      delivered: withoutErased(input.delivered, upload.settled_erased),
    },
  ])
  const { rows } = await sql<UploadRow>`with
      ${input.results.length > 0 ? results : sql``}
      ${register.length > 0 ? sql`${sql.join(register)},` : sql``}
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

/**
 * Locks lane and upload, and settles the batch. `settled_id` null: the batch or the upload had
 * already ended. Also locks the epochs. A transaction that adds entries at the same time therefore
 * waits. It then finds the contacts of this settlement in the register.
 */
const lockAndSettle = async (tx: Tx, claim: LaneClaim, input: Settlement): Promise<Locked> => {
  const { rows } = await sql<Locked>`with ${fencedTables(claim, input.uploadId)},
    settled as (update batch set state = 'settled', ended = ${input.ended ?? null}, settled_at = clock_timestamp() from locked, held
      where batch.id = ${input.batchId} and batch.upload_id = locked.id and batch.state in ('intended', 'sent')
        and locked.lane_key = held.key and locked.state not in (${FINAL_STATES_SQL})
      returning batch.id as settled_id, batch.shipment_id as settled_shipment, batch.chunk_seq as settled_seq,
        jsonb_build_object('seq', batch.chunk_seq, 'from', batch.from_row, 'to', batch.to_row) as settled_rows),
    ${lockEpochs(sql`(select contact_list_id from upload where id = ${input.uploadId})`)},
    closed as (update shipment set state = 'settled', settled_at = clock_timestamp() from settled
      where shipment.id = settled_shipment and method = 'batches' returning shipment.id as closed_id)
    select ${UPLOAD_COLUMNS}, settled_id, settled_rows, suppression_epochs as since, ${LOCKED_EPOCHS},
      (select subjects from chunk where chunk.upload_id = ${input.uploadId} and seq = settled_seq and ${mayBeThere(input)}) as settled_subjects,
      (select erased from chunk where chunk.upload_id = ${input.uploadId} and seq = settled_seq) as settled_erased,
      case when closed_id is null then settled_shipment end as settled_shipment
    from ${FENCED_ROWS} left join settled on true left join closed on true`.execute(tx)
  return checkFenced(rows, claim, `Upload ${input.uploadId}`)
}

/**
 * Settles a batch. An upload that was paused or held in the meantime still gets the outcome of what
 * was sent. An upload that has ended does not change.
 */
export const createSettle =
  (deps: { database: Database; seals: Seals }): DeliveryStore['settle'] =>
  (claim, input) =>
    inTransaction(deps.database, async (tx) => {
      const locked = await lockAndSettle(tx, claim, input)
      if (locked.settled_id === null) return toUpload(locked)
      if (locked.settled_shipment !== null) await closeShipment(tx, locked.settled_shipment)
      const settled = toUpload(await writeOutcome(tx, deps.seals, locked, input))
      await retractNamed(tx, deps.seals, locked, input)
      const broken = brokenSums(settled.counts, false)
      if (broken.length > 0) {
        throw new Error(`Upload ${input.uploadId}: rows do not add up (${broken.join(', ')})`)
      }
      return settled
    })
