import { sql } from 'kysely'

import type { LaneClaim } from '../../workflows/ports/delivery/delivery.ts'
import type { Outbox } from '../endpoints/outbox.ts'
import type { Tx } from '../homes/database.ts'
import { executeKept } from '../homes/kept-statements.ts'
import { PENDING_JSON } from '../uploads/reconciliation-columns.ts'
import type { UploadRow } from '../uploads/upload-row.ts'

/**
 * How many of the newest uploads of a shipment are checked in Genesys. When `OF_MINUTE` uploads
 * share the lane's next check, only one upload of each further shipment is added.
 */
const OF_SHIPMENT = 5
const OF_MINUTE = 50

type LookedAt = Pick<UploadRow, 'id' | 'rows_delivered' | 'contact_list_id' | 'schema_version'>
type Look = { waits_ms: number; is_new: boolean; waiting: number }

/**
 * Decides when the lane's uploads are checked next. The first check comes immediately. The next
 * check comes a minute later at the earliest, and all uploads that end until then share it. A check
 * that is about to begin accepts no more uploads.
 *
 * Call it with the lane locked. Uploads to be checked are found by their time alone. With the lane
 * as a second condition, a planner without statistics would read all uploads that the lane ever
 * had.
 *
 * Also notes that Genesys accepted rows with the columns of the list. Another read of the list is
 * then not needed.
 */
const nextLook = async (tx: Tx, claim: LaneClaim, taken: LookedAt): Promise<Look> => {
  const { rows } = await executeKept(
    tx,
    sql<Look>`with proven as (update list_cache set taken_at = clock_timestamp()
      where list_id = ${taken.contact_list_id} and list ->> 'schemaVersion' = ${taken.schema_version}),
    known as (select looks_at from lane where key = ${claim.key}),
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
 * Marks some uploads of a shipment for reconciliation, the check in Genesys. Uploads of all
 * requests that the lane sends within the same minute share one check.
 */
export const lookAgain = async (
  tx: Tx,
  outbox: Outbox,
  claim: LaneClaim,
  ended: readonly LookedAt[],
): Promise<void> => {
  const delivered = ended.filter((row) => row.rows_delivered > 0)
  if (delivered.length === 0) return
  const look = await nextLook(tx, claim, delivered[0]!)
  const ids = delivered.slice(look.waiting < OF_MINUTE ? -OF_SHIPMENT : -1).map(({ id }) => id)
  await sql`update upload set reconciliation = ${PENDING_JSON}::jsonb,
      reconcile_at = (select looks_at from lane where key = ${claim.key})
    where id = any(${ids}::text[])`.execute(tx)
  if (look.is_new) await outbox.reconcile(tx, ids.at(-1)!, look.waits_ms)
}
