import { sql } from 'kysely'

import type { LaneStore } from '../workflows/ports/delivery.ts'
import type { Database } from './database.ts'
import { endHold, LOOKED_AT_SQL, WAKE_AT_ONCE } from './hold-store.ts'
import { LANE_STATES_SQL } from './upload-row.ts'

/** Renewed every 3 s; what is in flight at a crash is taken up by another instance after this. Source: design, section 8. */
export const LEASE_MS = 10_000

const LEASE = sql`clock_timestamp() + make_interval(secs => ${LEASE_MS / 1000}::float8)`

export const createLaneStore = (deps: { database: Database }): LaneStore => {
  const { db } = deps.database

  return {
    claim: async (owner) => {
      const { rows } = await sql<{ key: string; fence: string }>`
        update lane set lease_until = ${LEASE}, owner = ${owner}, fence = fence + 1, woken = false, nudges = 0
        where key = (select key from lane as l where ready_at <= clock_timestamp()
            and (lease_until is null or lease_until < clock_timestamp())
            and exists (select from upload where lane_key = l.key and state in (${LANE_STATES_SQL}))
          order by ready_at limit 1 for update skip locked)
        returning key, fence`.execute(db)
      const row = rows[0]
      return row ? { key: row.key, owner, fence: row.fence, leaseMs: LEASE_MS } : null
    },
    renew: async (claim) => {
      const { rows } = await sql<{ nudges: number }>`update lane set lease_until = ${LEASE}
        where key = ${claim.key} and owner = ${claim.owner} and fence = ${claim.fence}::bigint returning nudges`.execute(
        db,
      )
      return rows[0] ?? null
    },
    release: async (claim, readyInMs) => {
      await sql`update lane set lease_until = null, owner = null, woken = false,
          ready_at = clock_timestamp() + case when woken then interval '0'
            else make_interval(secs => ${readyInMs / 1000}::float8) end
        where key = ${claim.key} and owner = ${claim.owner} and fence = ${claim.fence}::bigint`.execute(
        db,
      )
    },
    freeAll: async () => {
      await sql`update lane set lease_until = null, owner = null, woken = false, ready_at = clock_timestamp()
        where lease_until is not null or ready_at > clock_timestamp()`.execute(db)
    },
    wakeHeld: async () => {
      const { rows } = await sql<{ id: string; lane_key: string }>`select id, lane_key from upload
        where state = 'held' and retry_at <= clock_timestamp() and hold_reason not in (${LOOKED_AT_SQL})
        order by retry_at limit ${WAKE_AT_ONCE}`.execute(db)
      const due = sql`retry_at <= clock_timestamp()`
      let woken = 0
      for (const { id, lane_key: laneKey } of rows) {
        if (await endHold(deps.database, { id, laneKey }, due)) woken += 1
      }
      return woken
    },
  }
}
