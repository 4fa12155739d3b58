import { sql } from 'kysely'

import type { LaneClaim } from '../../workflows/ports/delivery/delivery.ts'
import type { LaneStore } from '../../workflows/ports/delivery/lease.ts'
import { CERTAIN_NOW, STEADY_NOW } from '../clock/steady-time.ts'
import { inTransaction, type Database } from '../homes/database.ts'
import { runKeptQuery } from '../homes/kept-statements.ts'
import { LANE_STATES_SQL, lockLane, wakeLane, workableIn } from '../uploads/upload-row.ts'
import { endHold, LOOKED_AT_SQL, WAKE_AT_ONCE } from './hold-store.ts'
import { LEASE, LEASE_MS } from './object-lane.ts'

const HAS_WORK = sql`exists (select from upload where ${workableIn(sql.ref('l.key'))})`

/**
 * Lanes that have work and no holder. `ready_at` is compared with the time of the statement,
 * because the index could not be searched by `clock_timestamp()`, which is volatile.
 */
const READY = sql`lane as l where ready_at <= statement_timestamp()
  and (lease_until is null or lease_until < ${STEADY_NOW}) and ${HAS_WORK}`

/**
 * How long the work of a lane has waited since its former holder last renewed its lease. null: the
 * holder released the lane. The lane may have had no work when the holder died. Work that came
 * later waits since the last change of its upload.
 */
const SILENT_MS = sql`case when free.lapsed_at is not null then greatest(0, extract(epoch from ${STEADY_NOW} - greatest(
  free.lapsed_at - make_interval(secs => ${LEASE_MS / 1000}::float8),
  (select min(updated_at) from upload where ${workableIn(sql.ref('free.key'))}))))::float8 * 1000 end`

/**
 * Renews leases. One statement renews all leases that are due in the same turn of the event loop.
 * It locks their rows in the order of the keys.
 */
const createRenew = ({ db }: Database): LaneStore['renew'] => {
  type Waiting = PromiseWithResolvers<{ nudges: number } | null> & { claim: LaneClaim }
  let waiting: Waiting[] = []
  const renewAll = async (all: readonly Waiting[]): Promise<void> => {
    const keys = all.map(({ claim }) => claim.key)
    const claims = JSON.stringify(all.map(({ claim }) => claim))
    try {
      const { rows } = await sql<{ key: string; nudges: number }>`
        with ours as materialized (select key from lane where key = any(${keys}::text[])
            and (key, owner, fence) in (select c.key, c.owner, c.fence
              from jsonb_to_recordset(${claims}::jsonb) as c (key text, owner text, fence bigint))
            order by key for update)
        update lane set lease_until = ${LEASE} from ours where lane.key = ours.key
        returning lane.key, nudges`.execute(db)
      const renewed = new Map(rows.map(({ key, nudges }) => [key, { nudges }]))
      for (const { claim, resolve } of all) resolve(renewed.get(claim.key) ?? null)
    } catch (error) {
      for (const { reject } of all) reject(error)
    }
  }
  return (claim) => {
    const answer = Promise.withResolvers<{ nudges: number } | null>()
    if (waiting.push({ ...answer, claim }) === 1) {
      setImmediate(() => {
        const all = waiting
        waiting = []
        void renewAll(all)
      })
    }
    return answer.promise
  }
}

/** How many lanes one round repairs. The next round takes the others. */
const REPAIRED_AT_ONCE = 100

/**
 * Releases a lane. A lane that was woken while it was held is ready immediately. Any other lane is
 * ready after `readyInMs` if it has work. If it has none, it is marked as never ready, so that
 * claims do not read it. A statement that gives the lane work makes it ready again. The release
 * first locks the lane and then reads whether the lane has work. It therefore sees the work of a
 * transaction that held the lock before.
 */
const createRelease =
  (database: Database): LaneStore['release'] =>
  (claim, readyInMs) =>
    inTransaction(database, async (tx) => {
      await lockLane(tx, claim.key)
      await sql`update lane as l set lease_until = null, owner = null, woken = false,
          ready_at = case when woken then clock_timestamp() when ${HAS_WORK}
            then clock_timestamp() + make_interval(secs => ${readyInMs / 1000}::float8) else 'infinity' end
        where key = ${claim.key} and owner = ${claim.owner} and fence = ${claim.fence}::bigint`.execute(
        tx,
      )
    })

/**
 * Finds lanes that have work but are never ready, and makes them ready. Searches the open uploads
 * without locks, because locking all lanes would take too long. Each lane that it finds is locked
 * and checked again.
 */
const createRepair =
  (database: Database): LaneStore['repair'] =>
  async () => {
    const stuck = sql`l.ready_at = 'infinity' and l.lease_until is null`
    const { rows } = await sql<{ key: string }>`with open as materialized (
        select distinct lane_key from upload where state in (${LANE_STATES_SQL}))
      select key from open cross join lateral (
        select key from lane l where key = open.lane_key and ${stuck} and ${HAS_WORK} offset 0) as lost
      limit ${REPAIRED_AT_ONCE}`.execute(database.db)
    let repaired = 0
    for (const { key } of rows) {
      await inTransaction(database, async (tx) => {
        await lockLane(tx, key)
        const still =
          await sql`select 1 from lane l where key = ${key} and ${stuck} and ${HAS_WORK}`.execute(
            tx,
          )
        if (still.rows.length === 0) return
        await wakeLane(tx, key)
        repaired += 1
      })
    }
    return repaired
  }

/**
 * The SQL store of the lanes of contact lists and of their leases, which last `LEASE_MS` (10 s).
 */
export const createLaneStore = (deps: { database: Database }): LaneStore => {
  const { db } = deps.database

  return {
    claim: async (owner) => {
      const [row] = await runKeptQuery(
        db,
        sql<{ key: string; fence: string; silent_ms: number | null }>`
        with free as materialized (select key, lease_until as lapsed_at
          from ${READY} order by ready_at limit 1 for update of l skip locked)
        update lane set lease_until = ${LEASE}, owner = ${owner}, fence = fence + 1, woken = false, nudges = 0
        from free where lane.key = free.key returning lane.key, fence, ${SILENT_MS} as silent_ms`,
      )
      if (row === undefined) return null
      const claim = { key: row.key, owner, fence: row.fence, leaseMs: LEASE_MS }
      return row.silent_ms === null ? claim : { ...claim, silentMs: Math.round(row.silent_ms) }
    },
    renew: createRenew(deps.database),
    release: createRelease(deps.database),
    repair: createRepair(deps.database),
    anyReady: async () => {
      const { rows } = await sql`select 1 from ${READY} limit 1`.execute(db)
      return rows.length === 1
    },
    freeAll: async () => {
      await sql`update lane as l set lease_until = null, owner = null, woken = false,
          ready_at = case when ${HAS_WORK} then clock_timestamp() else 'infinity' end
        where lease_until is not null or (ready_at > clock_timestamp() and ready_at < 'infinity')`.execute(
        db,
      )
    },
    wakeHeld: async () => {
      // A time that a caller set must certainly have passed, because nobody may be called before
      // that time.
      const due = sql`retry_at <= case when hold_reason = 'not_before' then ${CERTAIN_NOW} else clock_timestamp() end`
      const { rows } = await sql<{ id: string; lane_key: string }>`select id, lane_key from upload
        where state = 'held' and retry_at <= statement_timestamp() and hold_reason not in (${LOOKED_AT_SQL}) and ${due}
        order by retry_at limit ${WAKE_AT_ONCE}`.execute(db)
      let woken = 0
      for (const { id, lane_key: laneKey } of rows) {
        if (await endHold(deps.database, { id, laneKey }, due)) woken += 1
      }
      return woken
    },
  }
}
