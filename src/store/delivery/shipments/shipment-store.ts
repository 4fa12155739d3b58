import { sql } from 'kysely'

import type { SuppressionEpochs } from '../../../domain/do-not-call/suppression.ts'
import { brokenSums } from '../../../domain/uploads/upload.ts'
import { countBits } from '../../../lib/bitmap.ts'
import type { LaneClaim } from '../../../workflows/ports/delivery/delivery.ts'
import { UploadMoved } from '../../../workflows/ports/delivery/delivery.ts'
import type { SettledUpload, ShipmentStore } from '../../../workflows/ports/delivery/shipments.ts'
import { auditInsert, withDetails } from '../../audit/audit-store.ts'
import { retractSettled } from '../../do-not-call/afterwards/retract-settled.ts'
import type { RegistryRules } from '../../do-not-call/registries/registry-hits.ts'
import { LOCKED_EPOCHS, lockEpochs, type LockedEpochs } from '../../do-not-call/suppressed-since.ts'
import type { Outbox } from '../../endpoints/outbox.ts'
import { inTransaction, type Database, type Tx } from '../../homes/database.ts'
import { executeKept } from '../../homes/kept-statements.ts'
import type { Seals } from '../../homes/seals.ts'
import { LANE_STATES_SQL } from '../../uploads/upload-row.ts'
import { lookAgain } from '../look-again.ts'
import { fenceLost, heldLane, lockLane, type LockedUpload, withholdSince } from '../record-try.ts'
import { doubtContent, settledRegister } from '../register.ts'
import { withoutErased } from '../settle.ts'
import { type SettledRow, toEnded, writeUploads } from './settled-rows.ts'
import { createWaiting } from './waiting-uploads.ts'

type Deps = { database: Database; seals: Seals; registryRules: RegistryRules }

type Standing = LockedUpload & { tenant_id: string; stands: boolean }

/**
 * Locks the lane, then the uploads of a shipment, then the epochs of the list for share. Throws
 * `FenceLost` if the lane has a newer fence, and `UploadMoved` if one of the uploads was paused,
 * held or ended, or is to be cancelled.
 */
const lockStanding = async (
  tx: Tx,
  claim: LaneClaim,
  uploadIds: readonly string[],
): Promise<Standing[]> => {
  const list = sql`(select contact_list_id from upload where id = ${uploadIds[0]})`
  // The sort reads `locked` to its end, so that all uploads are locked before the epochs.
  const { rows } = await sql<Standing>`with held as materialized (${heldLane(claim)}),
    locked as materialized (select upload.id, tenant_id, contact_list_id, suppression_epochs as since,
        registries as look, upload.lane_key = held.key and state in (${LANE_STATES_SQL}) and cancel_requested_at is null as stands
      from upload, held where upload.id = any(${[...uploadIds]}::text[]) order by upload.id for update of upload),
    ${lockEpochs(list)}
    select locked.*, ${LOCKED_EPOCHS} from held left join (select * from locked order by id desc) as locked on true`.execute(
    tx,
  )
  if (rows.length === 0) throw fenceLost(claim)
  const standing = rows.filter(({ stands }) => stands)
  if (standing.length < uploadIds.length) throw new UploadMoved('An upload of a shipment moved')
  return standing
}

const createShip =
  ({ database, seals, registryRules }: Deps): ShipmentStore['ship'] =>
  (claim, { id, uploads, overwrites, audit }) =>
    inTransaction(database, async (tx) => {
      const ids = uploads.map(({ upload }) => upload.id)
      const standing = await lockStanding(tx, claim, ids)
      const rows = uploads.reduce((sum, { sent }) => sum + countBits(sent), 0)
      const batches = uploads.map(({ upload, batchId, rows: toRow, sent }, place) => ({
        ...{ id: batchId, upload: upload.id, place, to: toRow, sent: sent.toString('hex') },
      }))
      // The first try is recorded with the shipment. If `withholdSince` refuses the try, its error
      // undoes the whole transaction.
      const goes = uploads.some(({ sent }) => sent.some((byte) => byte !== 0))
      const state = goes ? 'sent' : 'intended'
      await executeKept(
        tx,
        sql`with shipped as (insert into shipment (id, lane_key, tenant_id, method, state, rows, bytes, attempts, sent_at)
          values (${id}, ${claim.key}, ${standing[0]!.tenant_id}, 'batches', ${state}, ${rows}, 0, ${goes ? 1 : 0},
            case when ${goes} then clock_timestamp() end)),
        noted as (${auditInsert([audit])})
        insert into batch (id, upload_id, shipment_id, place, chunk_seq, from_row, to_row, state, sent)
        select b.id, b.upload, ${id}, b.place, 0, 0, b.to, ${state}, decode(b.sent, 'hex')
        from json_to_recordset(${JSON.stringify(batches)}::json)
          as b (id text, upload text, place int, "to" int, sent text)`,
      )
      await doubtContent(tx, seals, standing[0]!, overwrites)
      if (goes) await withholdSince(tx, id, standing, registryRules)
    })

const insertResults = async (tx: Tx, settled: readonly SettledUpload[]): Promise<void> => {
  const results = settled.flatMap(({ uploadId, results: own }) =>
    own.map((result) => ({ uploadId, ...result })),
  )
  if (results.length === 0) return
  await sql`insert into row_result (upload_id, line, chunk_seq, outcome, code, column_name, said)
    select r."uploadId", r."line", r."chunkSeq", r."outcome", r."code", r."column", r."said"
    from json_to_recordset(${JSON.stringify(results)}::json)
      as r ("uploadId" text, "line" int, "chunkSeq" int, "outcome" text, "code" text, "column" text, "said" text)
    order by 1, 2 on conflict (upload_id, line) do nothing`.execute(tx)
}

type Looked = LockedEpochs & {
  upload_id: string
  subjects: Buffer | null
  erased: Buffer
  since: SuppressionEpochs | null
}

/**
 * Reads the subjects of uploads that have one chunk each. Also locks the epochs, as the settlement
 * of a batch does.
 */
const readSubjects = async (
  tx: Tx,
  uploads: readonly SettledRow[],
): Promise<Map<string, Looked>> => {
  const list = uploads[0]?.contact_list_id ?? ''
  const { rows } = await sql<Looked>`with ${lockEpochs(sql`${list}`)}
    select upload_id, subjects, erased, suppression_epochs as since, ${LOCKED_EPOCHS} from chunk join upload on upload.id = upload_id
    where upload_id = any(${uploads.map(({ id }) => id)}::text[]) and seq = 0`.execute(tx)
  return new Map(rows.map((row) => [row.upload_id, row]))
}

/**
 * Notes that contacts of an upload must be retracted, because entries named them while the upload
 * was in flight.
 */
const retractNamed = async (
  tx: Tx,
  seals: Seals,
  { id: uploadId, tenant_id: tenantId, contact_list_id: listId }: SettledRow,
  { chunk }: SettledUpload,
  { subjects, since, ...locked }: Looked,
): Promise<void> => {
  if (chunk === undefined) return
  const rows = { chunkSeq: 0, fromRow: 0, toRow: chunk.contactIds.length }
  await retractSettled(
    tx,
    seals,
    { uploadId, tenantId, listId, ...rows, chunk, subjects, since },
    locked,
  )
}

const settleRegister = async (
  tx: Tx,
  seals: Seals,
  rows: readonly SettledRow[],
  settled: readonly SettledUpload[],
): Promise<void> => {
  const byId = new Map(rows.map((row) => [row.id, row]))
  const looked = await readSubjects(tx, rows)
  const ended = settled.flatMap(({ uploadId, delivered, confirmed }) => {
    const upload = byId.get(uploadId)
    const { subjects = null, erased = null } = looked.get(uploadId) ?? {}
    const rest = withoutErased(delivered, erased)
    return upload === undefined ? [] : [{ upload, delivered: rest, subjects, confirmed }]
  })
  const tables = settledRegister(seals, ended)
  if (tables.length > 0) await executeKept(tx, sql`with ${sql.join(tables)} select`)
  for (const one of settled) {
    const upload = byId.get(one.uploadId)
    const found = looked.get(one.uploadId)
    if (upload && found) await retractNamed(tx, seals, upload, one, found)
  }
}

const createSettleShipment =
  (deps: { database: Database; seals: Seals; outbox: Outbox }): ShipmentStore['settleShipment'] =>
  (claim, { shipmentId, ended, uploads, audit }) =>
    inTransaction(deps.database, async (tx) => {
      await lockLane(tx, claim)
      const { rows: open } = await executeKept(
        tx,
        sql<{
          upload_id: string
          job_id: string | null
        }>`with closed as (
          update shipment set state = 'settled', settled_at = clock_timestamp()
          where id = ${shipmentId} and state in ('intended', 'sent') returning id, job_id)
        update batch set state = 'settled', ended = ${ended}, settled_at = clock_timestamp() from closed
        where shipment_id = closed.id and batch.state in ('intended', 'sent') returning upload_id, job_id`,
      )
      const known = new Set(open.map((row) => row.upload_id))
      const settled = uploads.filter(({ uploadId }) => known.has(uploadId))
      if (settled.length === 0) return []
      const rows = (await writeUploads(tx, claim, settled)).toSorted(
        (one, other) => Number(one.accepted_seq) - Number(other.accepted_seq),
      )
      await insertResults(tx, settled)
      await settleRegister(tx, deps.seals, rows, settled)
      const done = rows.filter((row) => row.completed_at !== null)
      const states = new Map(done.map(({ id, state }) => [id, state]))
      const finished = settled.filter(({ uploadId }) => states.has(uploadId))
      const entries = [
        withDetails(audit, { jobId: open[0]!.job_id }),
        ...finished.map((one) => withDetails(one.finished, { state: states.get(one.uploadId) })),
      ]
      await executeKept(tx, auditInsert(entries))
      await lookAgain(tx, deps.outbox, claim, done)
      const told = done.map(toEnded)
      for (const { id, counts } of told) {
        const broken = brokenSums(counts, true)
        if (broken.length > 0)
          throw new Error(`Upload ${id}: rows do not add up (${broken.join()})`)
      }
      await deps.outbox.tell(
        tx,
        told.map((upload) => ({ type: 'upload.completed' as const, upload })),
      )
      return told
    })

/** The SQL store of shipments: requests with rows of one or several uploads. */
export const createShipments = (deps: Deps & { outbox: Outbox }): ShipmentStore => ({
  waiting: createWaiting(deps.database),
  ship: createShip(deps),
  settleShipment: createSettleShipment(deps),
  dissolve: (claim, refused = false) =>
    inTransaction(deps.database, async (tx) => {
      await lockLane(tx, claim)
      await sql`with gone as (update shipment set state = 'split', job_id = null, doubtful = attempts > refused_tries and not ${refused}::boolean where lane_key = ${claim.key} and method = 'batches'
          and state in ('intended', 'sent')
          and not exists (select from batch where shipment_id = shipment.id and batch.id = batch.shipment_id collate "C") returning id)
        update batch set state = 'split' from gone, upload where shipment_id = gone.id and batch.state in ('intended', 'sent')
          and upload.id = upload_id and cancel_requested_at is null`.execute(tx)
    }),
})
