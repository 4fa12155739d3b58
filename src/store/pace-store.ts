import { sql } from 'kysely'

import type { PaceStore } from '../workflows/ports/genesys.ts'
import { inTransaction, type Database, type Tx } from './database.ts'

/** How long beyond its wait a turned-away call keeps its precedence, so that a slow caller still finds it. */
const GRACE_MS = 500
/** Ask again no sooner than this when somebody more urgent waits. */
const YIELD_MS = 20

type Slot = {
  /** Until the bucket's next free slot, 0 or more. */
  ahead_ms: number
  blocked_ms: number
  more_urgent: boolean
}

/** Locks the bucket and reads the clock after the lock is ours: slots are given in the order of commits. */
const lockBucket = async (tx: Tx, bucket: string, rank: number): Promise<Slot> => {
  const { rows } = await sql<Slot>`insert into pace as p (bucket) values (${bucket})
    on conflict (bucket) do update set bucket = excluded.bucket
    returning
      greatest(0, case when next_at = '-infinity' then 0
        else extract(epoch from next_at - clock_timestamp()) * 1000 end)::float8 as ahead_ms,
      greatest(0, case when blocked_until = '-infinity' then 0
        else extract(epoch from blocked_until - clock_timestamp()) * 1000 end)::float8 as blocked_ms,
      exists (select from unnest(waiting[1:${rank}::int]) as until where until > clock_timestamp())
        as more_urgent`.execute(tx)
  return rows[0]!
}

const keepPrecedence = async (
  tx: Tx,
  bucket: string,
  rank: number,
  waitMs: number,
): Promise<void> => {
  await sql`update pace set waiting[${rank + 1}::int] =
      clock_timestamp() + make_interval(secs => ${(waitMs + GRACE_MS) / 1000}::float8)
    where bucket = ${bucket}`.execute(tx)
}

/** Slots of one bucket lie `intervalMs` apart whoever takes them, so no window ever holds more than the rate allows. */
export const createPaceStore = (deps: { database: Database }): PaceStore => ({
  reserve: ({ bucket, rank, intervalMs, maxAheadMs }) =>
    inTransaction(deps.database, async (tx) => {
      const slot = await lockBucket(tx, bucket, rank)
      const over = slot.ahead_ms - maxAheadMs
      const waitMs = Math.ceil(
        Math.max(slot.blocked_ms, over, slot.more_urgent ? Math.max(YIELD_MS, intervalMs) : 0),
      )
      if (slot.blocked_ms > 0 || over > 0 || slot.more_urgent) {
        await keepPrecedence(tx, bucket, rank, waitMs)
        return { kind: 'wait', waitMs }
      }
      const { rows } = await sql<{ wait_ms: number }>`update pace set
          next_at = greatest(next_at, clock_timestamp()) + make_interval(secs => ${intervalMs / 1000}::float8),
          waiting[${rank + 1}::int] = '-infinity'
        where bucket = ${bucket}
        returning (extract(epoch from next_at - clock_timestamp()) * 1000 - ${intervalMs}::float8)::float8 as wait_ms`.execute(
        tx,
      )
      return { kind: 'reserved', waitMs: Math.max(0, Math.ceil(rows[0]!.wait_ms)) }
    }),
  block: async (bucket, ms) => {
    await sql`insert into pace as p (bucket, blocked_until)
      values (${bucket}, clock_timestamp() + make_interval(secs => ${ms / 1000}::float8))
      on conflict (bucket) do update set blocked_until = greatest(p.blocked_until, excluded.blocked_until)`.execute(
      deps.database.db,
    )
  },
})
