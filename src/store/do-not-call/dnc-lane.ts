import { sql } from 'kysely'

import { FenceLost } from '../../workflows/ports/delivery/delivery.ts'
import type { DncClaim, DncLaneStore } from '../../workflows/ports/do-not-call/dnc-lane.ts'
import { LEASE_MS } from '../delivery/lane-store.ts'
import type { Database, Tx } from '../homes/database.ts'

const LEASE = sql`clock_timestamp() + make_interval(secs => ${LEASE_MS / 1000}::float8)`

const ours = ({ dncListId, owner, fence }: DncClaim) =>
  sql`dnc_list_id = ${dncListId} and owner = ${owner} and fence = ${fence}::bigint`

/** Locks the lane; nobody else writes to the submissions of its list until the transaction ends. */
export const lockLane = async (tx: Tx, claim: DncClaim): Promise<void> => {
  const { rows } =
    await sql`select 1 from dnc_list_lane where ${ours(claim)} for no key update`.execute(tx)
  if (rows.length === 0) throw new FenceLost(`DNC list ${claim.dncListId} has another holder`)
}

/** The lanes of DNC lists, and the writes that are under way over all instances. */
export const createDncLane = (
  database: Database,
): Pick<DncLaneStore, 'claim' | 'renew' | 'release' | 'freeAll' | 'takeSlot' | 'freeSlot'> => {
  const { db } = database
  return {
    claim: async (owner) => {
      const { rows } = await sql<{ dnc_list_id: string; fence: string }>`update dnc_list_lane set
          lease_until = ${LEASE}, owner = ${owner}, fence = fence + 1, woken = false
        where dnc_list_id = (select dnc_list_id from dnc_list_lane
          where ready_at <= statement_timestamp() and ready_at < 'infinity'
          and (lease_until is null or lease_until < clock_timestamp()) order by ready_at limit 1 for update skip locked)
        returning dnc_list_id, fence`.execute(db)
      const row = rows[0]
      return row === undefined
        ? null
        : { dncListId: row.dnc_list_id, owner, fence: row.fence, leaseMs: LEASE_MS }
    },
    renew: async (claim) => {
      const { rows } = await sql`update dnc_list_lane set lease_until = ${LEASE}
        where ${ours(claim)} returning dnc_list_id`.execute(db)
      return rows.length === 1
    },
    release: async (claim, readyInMs) => {
      await sql`update dnc_list_lane set lease_until = null, owner = null, woken = false,
          ready_at = case when woken then clock_timestamp() when ${readyInMs}::float8 is null then 'infinity'
            else clock_timestamp() + make_interval(secs => ${readyInMs}::float8 / 1000) end
        where ${ours(claim)}`.execute(db)
    },
    freeAll: async () => {
      await sql`update dnc_list_lane set lease_until = null, owner = null where lease_until is not null`.execute(
        db,
      )
      await sql`update dnc_pull set lease_until = null, owner = null where lease_until is not null`.execute(
        db,
      )
      await sql`update dnc_write_slot set lease_until = null, owner = null where lease_until is not null`.execute(
        db,
      )
    },
    takeSlot: async (owner, slots) => {
      await sql`insert into dnc_write_slot (slot) select generate_series(1, ${slots}::int) on conflict do nothing`.execute(
        db,
      )
      // Longer than a request may take, so that a slot is free again only when nothing of it is on its way.
      const { rows } = await sql<{ slot: number }>`update dnc_write_slot set owner = ${owner},
          lease_until = clock_timestamp() + interval '60 s'
        where slot = (select slot from dnc_write_slot where slot <= ${slots}
          and (lease_until is null or lease_until < clock_timestamp()) order by slot limit 1 for update skip locked)
        returning slot`.execute(db)
      return rows[0]?.slot ?? null
    },
    freeSlot: async (owner, slot) => {
      await sql`update dnc_write_slot set owner = null, lease_until = null
        where slot = ${slot} and owner = ${owner}`.execute(db)
    },
  }
}
