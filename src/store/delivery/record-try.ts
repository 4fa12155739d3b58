import { sql, type RawBuilder } from 'kysely'

import { FenceLost, UploadMoved, type LaneClaim } from '../../workflows/ports/delivery/delivery.ts'
import type { TryStore } from '../../workflows/ports/delivery/tries.ts'
import { inTransaction, type Database, type Tx } from '../homes/database.ts'
import { LANE_STATES_SQL } from '../uploads/upload-row.ts'

/** The lane's row, locked until the transaction ends, if the fence is still ours. */
const heldLane = (claim: LaneClaim): RawBuilder<unknown> =>
  sql`select key from lane where key = ${claim.key} and owner = ${claim.owner}
    and fence = ${claim.fence}::bigint for update`

const fenceLost = (claim: LaneClaim): FenceLost =>
  new FenceLost(`Lane ${claim.key}: fence ${claim.fence} is no longer the newest`)

/** Locks the lane's row until the transaction ends; throws `FenceLost`. */
export const lockLane = async (tx: Tx, claim: LaneClaim): Promise<void> => {
  const { rows } = await heldLane(claim).execute(tx)
  if (rows.length === 0) throw fenceLost(claim)
}

type Tried = { id: string | null; stands: boolean | null; tried: boolean }

/**
 * The one place where an HTTP try of rows is recorded, for a batch, a shared shipment and a file alike: after its pace slot was granted and before
 * anything of it leaves. Locks the lane, then every upload whose rows the request carries, and counts the try only if all of them stand: none is paused,
 * held, ended or to be cancelled. Otherwise it throws `UploadMoved`, and as whatever it throws undoes the transaction, nothing is recorded.
 *
 * A check of the rows themselves (do-not-call: what was added since they were looked up) belongs behind the statement, in this transaction: it locks what
 * it depends on, decides by a second statement under that lock, and throws `RowsWithheld` for the rows that may not go.
 */
export const recordTry = async (tx: Tx, claim: LaneClaim, requestId: string): Promise<void> => {
  // Membership of a request never changes, so the subquery may be older than the lock.
  const { rows } = await sql<Tried>`with held as materialized (${heldLane(claim)}),
    locked as materialized (select upload.id, upload.lane_key = held.key and state in (${LANE_STATES_SQL})
        and cancel_requested_at is null as stands
      from upload, held where upload.id in (select upload_id from batch where shipment_id = ${requestId})
      order by upload.id for update of upload),
    standing as materialized (select from locked having bool_and(stands)),
    counted as (update shipment set state = 'sent', attempts = attempts + 1, job_id = null, sent_at = clock_timestamp()
      from standing where shipment.id = ${requestId} and shipment.state in ('intended', 'sent') returning shipment.id),
    sent as (update batch set state = 'sent' from counted where batch.shipment_id = counted.id and batch.state = 'intended')
    select locked.id, stands, exists (select from counted) as tried from held left join locked on true`.execute(
    tx,
  )
  if (rows.length === 0) throw fenceLost(claim)
  const moved = rows.filter(({ stands }) => stands === false)
  if (moved.length > 0) {
    throw new UploadMoved(`Request ${requestId}: ${moved.map(({ id }) => id).join()} moved`)
  }
  if (!rows[0]!.tried) throw new Error(`Request ${requestId} is not open`)
}

/** What is known of a request from its first try to its job. */
export const createTries = (database: Database): TryStore => ({
  recordTry: (claim, requestId) => inTransaction(database, (tx) => recordTry(tx, claim, requestId)),
  noteJob: async (claim, requestId, jobId) => {
    const { rows } = await sql`with held as materialized (${heldLane(claim)}),
      noted as (update shipment set state = 'sent', job_id = ${jobId} from held
        where shipment.id = ${requestId} and lane_key = held.key and state in ('intended', 'sent'))
      select key from held`.execute(database.db)
    if (rows.length === 0) throw fenceLost(claim)
  },
})
