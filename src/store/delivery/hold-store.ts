import { sql, type RawBuilder } from 'kysely'

import { LOOKED_AT_HOLDS, type LookedAtHold } from '../../domain/uploads/upload.ts'
import type { HoldStore } from '../../workflows/ports/delivery/holds.ts'
import { inTransaction, type Database } from '../homes/database.ts'
import { lockLane, wakeLane } from '../uploads/upload-row.ts'

/** How many holds one round checks or ends. The next round takes the others. */
export const WAKE_AT_ONCE = 100

export const LOOKED_AT_SQL = sql.raw(LOOKED_AT_HOLDS.map((reason) => `'${reason}'`).join(', '))

/**
 * Puts a held upload back into its former state if the condition `still` is true. The result is
 * false if the condition is false, or if the upload is no longer held.
 */
export const endHold = (
  database: Database,
  { id, laneKey }: { id: string; laneKey: string },
  still: RawBuilder<unknown>,
): Promise<boolean> =>
  inTransaction(database, async (tx) => {
    await lockLane(tx, laneKey)
    const { rows } =
      await sql`update upload set state = held_from, held_from = null, hold_reason = null,
        hold_since = null, retry_at = null, version = version + 1, updated_at = clock_timestamp()
      where id = ${id} and state = 'held' and ${still} returning id`.execute(tx)
    if (rows.length === 1) await wakeLane(tx, laneKey)
    return rows.length === 1
  })

type DueRow = {
  id: string
  tenant_id: string
  contact_list_id: string
  lane_key: string
  hold_reason: LookedAtHold
}

/**
 * The SQL store of holds that end by a check of Genesys. `takeDue` skips holds that another
 * instance is taking at the same moment, and does not wait for that instance.
 */
export const createHoldStore = (deps: { database: Database }): HoldStore => ({
  takeDue: async (againInMs) => {
    const { rows } = await sql<DueRow>`update upload set
        retry_at = clock_timestamp() + make_interval(secs => ${againInMs / 1000}::float8)
      where id in (select id from upload where state = 'held' and retry_at <= statement_timestamp()
          and hold_reason in (${LOOKED_AT_SQL})
        order by retry_at limit ${WAKE_AT_ONCE} for update skip locked)
      returning id, tenant_id, contact_list_id, lane_key, hold_reason`.execute(deps.database.db)
    return rows.map((row) => ({
      id: row.id,
      tenantId: row.tenant_id,
      contactListId: row.contact_list_id,
      laneKey: row.lane_key,
      reason: row.hold_reason,
    }))
  },
  end: (held) => endHold(deps.database, held, sql`hold_reason = ${held.reason}`),
})
