import { sql } from 'kysely'

import { FenceLost } from '../../workflows/ports/delivery/delivery.ts'
import type { DncClaim, DncLaneStore } from '../../workflows/ports/do-not-call/dnc-lane.ts'
import { STEADY_NOW } from '../clock/steady-time.ts'
import { createObjectLane, freeLeases } from '../delivery/object-lane.ts'
import type { Database, Tx } from '../homes/database.ts'

const lane = createObjectLane({
  table: 'dnc_list_lane',
  column: 'dnc_list_id',
  member: 'dncListId',
})

/**
 * Locks the lane until the transaction ends. Until then no other holder can send or settle entries
 * of its list. Throws `FenceLost` if the claim has ended.
 */
export const lockLane = async (tx: Tx, claim: DncClaim): Promise<void> => {
  if (await lane.lock(tx, claim)) return
  throw new FenceLost(`DNC list ${claim.dncListId} has another holder`)
}

/** The lanes of DNC lists, and the slots for writes in flight over all instances. */
export const createDncLane = (
  database: Database,
): Pick<DncLaneStore, 'claim' | 'renew' | 'release' | 'freeAll' | 'takeSlot' | 'freeSlot'> => {
  const { db } = database
  return {
    claim: async (owner) => (await lane.claim(db, owner))?.claim ?? null,
    renew: (claim) => lane.renew(db, claim),
    release: (claim, readyInMs) => lane.release(db, claim, readyInMs),
    freeAll: async () => {
      for (const table of ['dnc_list_lane', 'dnc_pull', 'dnc_write_slot']) {
        await freeLeases(db, table)
      }
    },
    takeSlot: async (owner, slots) => {
      await sql`insert into dnc_write_slot (slot) select generate_series(1, ${slots}::int) on conflict do nothing`.execute(
        db,
      )
      // The lease lasts longer than any request. A slot is therefore free again only when its
      // request is no longer in flight.
      const { rows } = await sql<{ slot: number }>`update dnc_write_slot set owner = ${owner},
          lease_until = clock_timestamp() + interval '60 s'
        where slot = (select slot from dnc_write_slot where slot <= ${slots}
          and (lease_until is null or lease_until < ${STEADY_NOW}) order by slot limit 1 for update skip locked)
        returning slot`.execute(db)
      return rows[0]?.slot ?? null
    },
    freeSlot: async (owner, slot) => {
      await sql`update dnc_write_slot set owner = null, lease_until = null
        where slot = ${slot} and owner = ${owner}`.execute(db)
    },
  }
}
