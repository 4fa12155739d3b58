import { sql } from 'kysely'

import type { LaneClaim } from '../../workflows/ports/delivery/delivery.ts'
import type { Outbox } from '../endpoints/outbox.ts'
import type { Tx } from '../homes/database.ts'
import { executeKept } from '../homes/kept-statements.ts'
import { PENDING_JSON } from '../uploads/reconciliation-columns.ts'
import type { UploadRow } from '../uploads/upload-row.ts'

/**
 * How many uploads of one shipment are checked, the newest ones, until those of the lane's minute
 * are as many as one read shows.
 */
const OF_SHIPMENT = 5
const OF_MINUTE = 50

type Look = { waits_ms: number; is_new: boolean; waiting: number }

/**
 * When the lane is checked next. The first check is immediate. Uploads that end within a minute
 * after it wait for the next one and share it. A check that is about to begin takes no more. The
 * lane's lock is held. Uploads to be checked are found by that condition alone: with the lane as a
 * second condition, a planner that knew nothing of the table yet read all uploads that the lane
 * ever had.
 */
const nextLook = async (tx: Tx, claim: LaneClaim): Promise<Look> => {
  const { rows } = await executeKept(
    tx,
    sql<Look>`with known as (select looks_at from lane where key = ${claim.key}),
    joined as materialized (select coalesce(looks_at > clock_timestamp() + interval '2 seconds', false) as joins from known)
    update lane set looks_at = case when joins then looks_at
        else greatest(clock_timestamp(), looks_at + interval '1 minute') end from joined
    where key = ${claim.key} returning not joins as is_new,
      greatest(0, ceil(extract(epoch from looks_at - clock_timestamp()) * 1000))::int as waits_ms,
      (select count(*)::int from (select lane_key from upload where joins and reconcile_at = (select looks_at from known) offset 0) as looked
        where looked.lane_key = ${claim.key}) as waiting`,
  )
  return rows[0]!
}

/**
 * Of uploads that were sent together, some are checked again in Genesys, with those of the lane's
 * other requests of the same minute: one read for all.
 */
export const lookAgain = async (
  tx: Tx,
  outbox: Outbox,
  claim: LaneClaim,
  ended: readonly UploadRow[],
): Promise<void> => {
  const delivered = ended.filter((row) => row.rows_delivered > 0)
  if (delivered.length === 0) return
  const look = await nextLook(tx, claim)
  const ids = delivered.slice(look.waiting < OF_MINUTE ? -OF_SHIPMENT : -1).map(({ id }) => id)
  await sql`update upload set reconciliation = ${PENDING_JSON}::jsonb,
      reconcile_at = (select looks_at from lane where key = ${claim.key})
    where id = any(${ids}::text[])`.execute(tx)
  if (look.is_new) await outbox.reconcile(tx, ids.at(-1)!, look.waits_ms)
}
