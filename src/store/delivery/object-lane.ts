import { sql, type RawBuilder } from 'kysely'

import { STEADY_NOW } from '../clock/steady-time.ts'
import type { Db } from '../homes/database.ts'
import { runKeptQuery } from '../homes/kept-statements.ts'

/**
 * The length of a lease, which is renewed every 3 s. If the holder crashes, another instance
 * continues the work of the lane after this time [design: 8].
 */
export const LEASE_MS = 10_000

/** The end of a lease that begins now. */
export const LEASE = sql`clock_timestamp() + make_interval(secs => ${LEASE_MS / 1000}::float8)`

/** A claim on one object, whose id is in the member `Id`. */
type Claim<Id extends string> = Record<Id, string> & {
  owner: string
  fence: string
  leaseMs: number
}

/** A table whose rows are lanes: each belongs to one object and is held by one worker at a time. */
export type ObjectLaneTable<Id extends string> = {
  table: string
  /** `column`: the column with the object's id. `member`: the name of the id in a claim. */
  column: string
  member: Id
  /** More columns that a claim returns. */
  reads?: RawBuilder<unknown>
  /**
   * Whether an object can get work while it is held. If so, the column `woken` notes such work.
   * Default: true.
   */
  wakes?: boolean
}

/**
 * Claims, renews and releases the lanes of a table. A claim ends when it is released, or when
 * another worker claims the object after the lease has expired (by `STEADY_NOW`). Every statement
 * of a holder compares owner and fence, so a claim that has ended changes nothing. An object whose
 * `ready_at` is infinite has no work.
 */
export const createObjectLane = <Id extends string>(about: ObjectLaneTable<Id>) => {
  const { member, reads, wakes = true } = about
  const [table, id] = [sql.table(about.table), sql.ref(about.column)]
  const asleep = wakes ? sql`, woken = false` : sql``
  const woken = wakes ? sql`when woken then clock_timestamp()` : sql``
  const more = reads === undefined ? sql`` : sql`, ${reads}`
  const ours = (claim: Claim<Id>) =>
    sql`${id} = ${claim[member]} and owner = ${claim.owner} and fence = ${claim.fence}::bigint`
  return {
    /** The condition for the row of a claim that has not ended. */
    ours,
    /** Locks the row until the transaction ends. false: the claim has ended. */
    lock: async (db: Db, claim: Claim<Id>): Promise<boolean> => {
      const { rows } =
        await sql`select 1 from ${table} where ${ours(claim)} for no key update`.execute(db)
      return rows.length === 1
    },
    /**
     * Claims the ready object that has waited longest, and reads the columns of `reads`. null: no
     * object is ready, or every ready object is held.
     */
    claim: async (db: Db, owner: string): Promise<{ claim: Claim<Id>; row: object } | null> => {
      const [row] = await runKeptQuery(
        db,
        sql<{ object_id: string; fence: string }>`update ${table} set
          lease_until = ${LEASE}, owner = ${owner}, fence = fence + 1${asleep}
        where ${id} = (select ${id} from ${table} where ready_at <= statement_timestamp() and ready_at < 'infinity'
          and (lease_until is null or lease_until < ${STEADY_NOW}) order by ready_at limit 1 for update skip locked)
        returning ${id} as object_id, fence${more}`,
      )
      if (row === undefined) return null
      const held = { [member]: row.object_id, owner, fence: row.fence, leaseMs: LEASE_MS }
      return { claim: held as Claim<Id>, row }
    },
    /** Renews the lease. false: the claim has ended. */
    renew: async (db: Db, claim: Claim<Id>): Promise<boolean> => {
      const { rows } = await sql`update ${table} set lease_until = ${LEASE}
        where ${ours(claim)} returning ${id}`.execute(db)
      return rows.length === 1
    },
    /**
     * Releases the object. `readyInMs`: after this time it can be claimed again. null: it can be
     * claimed when it gets work. An object that was woken while it was held can be claimed
     * immediately.
     */
    release: async (db: Db, claim: Claim<Id>, readyInMs: number | null): Promise<void> => {
      await sql`update ${table} set lease_until = null, owner = null${asleep},
          ready_at = case ${woken} when ${readyInMs}::float8 is null then 'infinity'
            else clock_timestamp() + make_interval(secs => ${readyInMs}::float8 / 1000) end
        where ${ours(claim)}`.execute(db)
    },
  }
}

/**
 * Ends all leases of a table. Only for the start of the embedded home, because then no process is
 * left that could hold a lease.
 */
export const freeLeases = async (db: Db, table: string): Promise<void> => {
  await sql`update ${sql.table(table)} set lease_until = null, owner = null where lease_until is not null`.execute(
    db,
  )
}
