import { sql, type RawBuilder } from 'kysely'

import type { RegistryLook } from '../../domain/do-not-call/registries/registry.ts'
import type { SuppressionEpochs } from '../../domain/do-not-call/suppression.ts'
import { FenceLost, UploadMoved, type LaneClaim } from '../../workflows/ports/delivery/delivery.ts'
import type { TryStore } from '../../workflows/ports/delivery/tries.ts'
import type { RegistryRules } from '../do-not-call/registries/registry-hits.ts'
import {
  LOCKED_EPOCHS,
  lockEpochs,
  type LockedEpochs,
  lockNewEpochs,
  withholdSuppressed,
} from '../do-not-call/suppressed-since.ts'
import { inTransaction, type Database, type Tx } from '../homes/database.ts'
import { executeKept } from '../homes/kept-statements.ts'
import { LANE_STATES_SQL } from '../uploads/upload-row.ts'
import { reopenDoubtful } from './doubtful.ts'
import { lockFenced } from './fence.ts'

/**
 * Selects the lane's row if the lane still has the claim's fence. Locks the row until the
 * transaction ends.
 */
export const heldLane = (claim: LaneClaim): RawBuilder<unknown> =>
  sql`select key from lane where key = ${claim.key} and owner = ${claim.owner}
    and fence = ${claim.fence}::bigint for update`

/**
 * The error for a claim whose lane has a newer fence. Throw it if a statement with `heldLane` finds
 * no row.
 */
export const fenceLost = (claim: LaneClaim): FenceLost =>
  new FenceLost(`Lane ${claim.key}: fence ${claim.fence} is no longer the newest`)

/**
 * Locks the lane's row until the transaction ends. Throws `FenceLost` if the lane has a newer
 * fence.
 */
export const lockLane = async (tx: Tx, claim: LaneClaim): Promise<void> => {
  const { rows } = await executeKept(tx, heldLane(claim))
  if (rows.length === 0) throw fenceLost(claim)
}

/**
 * An upload that has rows in a request, together with its look-ups and the locked epochs of its
 * list.
 */
export type LockedUpload = {
  id: string
  contact_list_id: string
  since: SuppressionEpochs | null
  look: RegistryLook | null
} & LockedEpochs

type Tried = LockedUpload & { stands: boolean | null; tried: boolean }

/**
 * Checks the rows of a request against entries, editions of registries and erasures that came after
 * the look-up of the rows. The epochs must be locked for share. If an epoch was raised since the
 * look-up, a separate statement checks the rows while this lock is held. Throws `RowsWithheld` for
 * rows that must not be sent, and the other errors of `withholdSuppressed`.
 */
export const withholdSince = async (
  tx: Tx,
  requestId: string,
  uploads: readonly LockedUpload[],
  rules: RegistryRules,
): Promise<void> => {
  const { lacking, contact_list_id: listId, epochs } = uploads[0]!
  const now = lacking ? await lockNewEpochs(tx, listId) : (epochs ?? {})
  const looked = uploads.map(({ id, contact_list_id: ofList, since, look }) => {
    return { uploadId: id, listId: ofList, since, look }
  })
  await withholdSuppressed(tx, requestId, looked, now, rules)
}

/**
 * Records one HTTP try of a batch, a shared shipment or a file. One kind of try is recorded
 * elsewhere: `ship` records the first try of a shared shipment. Call this after the pace slot was
 * granted and before anything is sent. Locks the lane, then every upload with rows in the request.
 * Throws `FenceLost` if the lane has a newer fence, and `UploadMoved` if one of the uploads is
 * paused, held, ended or to be cancelled. Otherwise it counts the try.
 *
 * It then calls `withholdSince` in the same transaction and passes the errors of `withholdSince`
 * on. Every error undoes the transaction, so nothing is recorded.
 */
export const recordTry = async (
  tx: Tx,
  claim: LaneClaim,
  requestId: string,
  rules: RegistryRules,
): Promise<void> => {
  // This subquery may miss changes that were made while the statement waited for the lock. That is
  // safe, because the uploads of a request never change.
  const list = sql`(select contact_list_id from upload where id = (select upload_id from batch where shipment_id = ${requestId} limit 1))`
  const { rows } = await sql<Tried>`with held as materialized (${heldLane(claim)}),
    locked as materialized (select upload.id, upload.lane_key = held.key and state in (${LANE_STATES_SQL})
        and cancel_requested_at is null as stands, contact_list_id, suppression_epochs as since, registries as look
      from upload, held where upload.id in (select upload_id from batch where shipment_id = ${requestId})
      order by upload.id for update of upload),
    standing as materialized (select from locked having bool_and(stands)),
    counted as (update shipment set state = 'sent', attempts = attempts + 1, job_id = null, sent_at = clock_timestamp()
      from standing where shipment.id = ${requestId} and shipment.state in ('intended', 'sent') returning shipment.id),
    sent as (update batch set state = 'sent' from counted where batch.shipment_id = counted.id and batch.state = 'intended'),
    ${lockEpochs(list)}
    select locked.id, stands, contact_list_id, since, look, exists (select from counted) as tried, ${LOCKED_EPOCHS}
    from held left join locked on true`.execute(tx)
  if (rows.length === 0) throw fenceLost(claim)
  const moved = rows.filter(({ stands }) => stands === false)
  if (moved.length > 0) {
    throw new UploadMoved(`Request ${requestId}: ${moved.map(({ id }) => id).join()} moved`)
  }
  if (!rows[0]!.tried) throw new Error(`Request ${requestId} is not open`)
  await withholdSince(tx, requestId, rows, rules)
}

/** Records the tries of a request, how they ended, and the job that Genesys made for it. */
export const createTries = (database: Database, rules: RegistryRules): TryStore => ({
  recordTry: (claim, requestId) =>
    inTransaction(database, (tx) => recordTry(tx, claim, requestId, rules)),
  noteJob: async (claim, requestId, jobId) => {
    const { rows } = await sql`with held as materialized (${heldLane(claim)}),
      noted as (update shipment set state = 'sent', job_id = ${jobId} from held
        where shipment.id = ${requestId} and lane_key = held.key and state in ('intended', 'sent'))
      select key from held`.execute(database.db)
    if (rows.length === 0) throw fenceLost(claim)
  },
  noteRefusedTry: async (claim, requestId) => {
    const { rows } = await sql`with held as materialized (${heldLane(claim)}),
      noted as (update shipment set closed_tries = least(attempts, closed_tries + 1),
          refused_tries = least(attempts, refused_tries + 1) from held
        where shipment.id = ${requestId} and lane_key = held.key)
      select key from held`.execute(database.db)
    if (rows.length === 0) throw fenceLost(claim)
  },
  noteJobEnd: async (claim, requestId, jobId) => {
    const { rows } = await sql`with held as materialized (${heldLane(claim)}),
      noted as (update shipment set closed_tries = attempts from held
        where shipment.id = ${requestId} and lane_key = held.key and job_id = ${jobId} and state in ('intended', 'sent'))
      select key from held`.execute(database.db)
    if (rows.length === 0) throw fenceLost(claim)
  },
  reopenDoubtful: (claim, uploadId) =>
    inTransaction(database, async (tx) => {
      await lockFenced(tx, claim, uploadId)
      await reopenDoubtful(tx, uploadId)
    }),
})
