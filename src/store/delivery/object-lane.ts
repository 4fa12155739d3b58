import { sql, type RawBuilder } from 'kysely'

import type { Db } from '../homes/database.ts'
import { runKeptQuery } from '../homes/kept-statements.ts'

/**
 * Renewed every 3 s. After this time another instance continues what was in flight at a crash
 * [design: 8].
 */
export const LEASE_MS = 10_000

/** When a lease that is given now ends. */
export const LEASE = sql`clock_timestamp() + make_interval(secs => ${LEASE_MS / 1000}::float8)`

/** The hold on one object, whose id is the member `Id`. */
type Claim<Id extends string> = Record<Id, string> & {
  owner: string
  fence: string
  leaseMs: number
}

/** A table whose rows are the lanes of objects, each held by one worker at a time. */
export type ObjectLaneTable<Id extends string> = {
  table: string
  /** The object's id, in SQL and in a claim. */
  column: string
  member: Id
  /** Columns that a claim reads as well. */
  reads?: RawBuilder<unknown>
  /**
   * Default: true. Whether an object may get work while it is held, which the column `woken`
   * remembers.
   */
  wakes?: boolean
}

/**
 * Claims, renews and releases the lanes of a table. A claim that is over changes nothing, because
 * every statement compares its owner and its fence. An object without a ready time has no work.
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
    /** The row, while the claim is not over. */
    ours,
    /** Locks the row until the transaction ends; false: the claim is over. */
    lock: async (db: Db, claim: Claim<Id>): Promise<boolean> => {
      const { rows } =
        await sql`select 1 from ${table} where ${ours(claim)} for no key update`.execute(db)
      return rows.length === 1
    },
    /** The object that has waited longest, with its data. null: none has work. */
    claim: async (db: Db, owner: string): Promise<{ claim: Claim<Id>; row: object } | null> => {
      const [row] = await runKeptQuery(
        db,
        sql<{ object_id: string; fence: string }>`update ${table} set
          lease_until = ${LEASE}, owner = ${owner}, fence = fence + 1${asleep}
        where ${id} = (select ${id} from ${table} where ready_at <= statement_timestamp() and ready_at < 'infinity'
          and (lease_until is null or lease_until < clock_timestamp()) order by ready_at limit 1 for update skip locked)
        returning ${id} as object_id, fence${more}`,
      )
      if (row === undefined) return null
      const held = { [member]: row.object_id, owner, fence: row.fence, leaseMs: LEASE_MS }
      return { claim: held as Claim<Id>, row }
    },
    /** False: the claim is over. */
    renew: async (db: Db, claim: Claim<Id>): Promise<boolean> => {
      const { rows } = await sql`update ${table} set lease_until = ${LEASE}
        where ${ours(claim)} returning ${id}`.execute(db)
      return rows.length === 1
    },
    /** `readyInMs`: until its next check. null: when it has work. */
    release: async (db: Db, claim: Claim<Id>, readyInMs: number | null): Promise<void> => {
      await sql`update ${table} set lease_until = null, owner = null${asleep},
          ready_at = case ${woken} when ${readyInMs}::float8 is null then 'infinity'
            else clock_timestamp() + make_interval(secs => ${readyInMs}::float8 / 1000) end
        where ${ours(claim)}`.execute(db)
    },
  }
}

/** Ends the leases of a table: no process is left that holds one. */
export const freeLeases = async (db: Db, table: string): Promise<void> => {
  await sql`update ${sql.table(table)} set lease_until = null, owner = null where lease_until is not null`.execute(
    db,
  )
}
