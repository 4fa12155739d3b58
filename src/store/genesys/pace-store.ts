import { sql } from 'kysely'

import { cutShare, grownShare, PACE_SHARE_RULE } from '../../domain/genesys/pace-share.ts'
import type { PaceStore } from '../../workflows/ports/genesys/genesys.ts'
import { inTransaction, type Database, type Tx } from '../homes/database.ts'
import { executeKept } from '../homes/kept-statements.ts'

/**
 * A call keeps its precedence this much longer than its wait, so that a slow caller still has
 * precedence when it asks again.
 */
const GRACE_MS = 500
/** The shortest wait before a call asks again, if a more urgent call is waiting. */
const YIELD_MS = 20

type Bucket = {
  /** Milliseconds until the next free slot of the bucket. 0 or more. */
  ahead_ms: number
  blocked_ms: number
  more_urgent: boolean
  share: number
  /**
   * Milliseconds since the share began to grow again. Negative while the bucket is blocked. null:
   * the share was never cut.
   */
  quiet_ms: number | null
  since_cut_ms: number | null
}

const msOf = (interval: string) => sql.raw(`(extract(epoch from ${interval}) * 1000)::float8`)

const BUCKET_COLUMNS = sql`
  case when next_at = '-infinity' then 0 else greatest(0, ${msOf('next_at - clock_timestamp()')}) end as ahead_ms,
  case when blocked_until = '-infinity' then 0
    else greatest(0, ${msOf('blocked_until - clock_timestamp()')}) end as blocked_ms,
  share, case when share_at > '-infinity' then ${msOf('clock_timestamp() - share_at')} end as quiet_ms,
  case when cut_at > '-infinity' then ${msOf('clock_timestamp() - cut_at')} end as since_cut_ms`

/**
 * Locks the bucket, and reads the clock only after the lock was granted. So slots are given in the
 * order of commits.
 */
const lockBucket = async (tx: Tx, bucket: string, rank: number): Promise<Bucket> => {
  const { rows } = await executeKept(
    tx,
    sql<Bucket>`insert into pace as p (bucket) values (${bucket})
    on conflict (bucket) do update set bucket = excluded.bucket
    returning ${BUCKET_COLUMNS},
      exists (select from unnest(waiting[1:${rank}::int]) as until where until > clock_timestamp())
        as more_urgent`,
  )
  return rows[0]!
}

const shareOf = ({ share, quiet_ms }: Pick<Bucket, 'share' | 'quiet_ms'>): number =>
  quiet_ms === null ? PACE_SHARE_RULE.full : grownShare(share, quiet_ms)

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

const createReserve =
  (database: Database): PaceStore['reserve'] =>
  ({ bucket, rank, intervalMs, maxAheadMs }) =>
    inTransaction(database, async (tx) => {
      const slot = await lockBucket(tx, bucket, rank)
      const share = shareOf(slot)
      const spacingMs = intervalMs / share
      const over = slot.ahead_ms - maxAheadMs
      const waitMs = Math.ceil(
        Math.max(slot.blocked_ms, over, slot.more_urgent ? Math.max(YIELD_MS, spacingMs) : 0),
      )
      if (slot.blocked_ms > 0 || over > 0 || slot.more_urgent) {
        await keepPrecedence(tx, bucket, rank, waitMs)
        return { kind: 'wait', waitMs, share }
      }
      const { rows } = await executeKept(
        tx,
        sql<{ wait_ms: number }>`update pace set
          next_at = greatest(next_at, clock_timestamp()) + make_interval(secs => ${spacingMs / 1000}::float8),
          waiting[${rank + 1}::int] = '-infinity'
        where bucket = ${bucket}
        returning (extract(epoch from next_at - clock_timestamp()) * 1000 - ${spacingMs}::float8)::float8 as wait_ms`,
      )
      return { kind: 'reserved', waitMs: Math.max(0, Math.ceil(rows[0]!.wait_ms)), share }
    })

/**
 * Blocks the bucket for at least `ms` after a 429, and cuts its share. The share is not cut again
 * while the bucket is blocked, or within `cutPauseMs` after a cut, because such a 429 probably
 * answers a request from before the cut.
 */
const createThrottle =
  (database: Database): PaceStore['throttle'] =>
  (bucket, ms) =>
    inTransaction(database, async (tx) => {
      const now = await lockBucket(tx, bucket, 0)
      const grown = shareOf(now)
      const cut =
        now.blocked_ms === 0 &&
        (now.since_cut_ms === null || now.since_cut_ms >= PACE_SHARE_RULE.cutPauseMs)
      const share = cut ? cutShare(grown) : grown
      await sql`update pace set share = ${share}::float8,
          blocked_until = greatest(blocked_until, clock_timestamp() + make_interval(secs => ${ms / 1000}::float8)),
          share_at = greatest(blocked_until, clock_timestamp() + make_interval(secs => ${ms / 1000}::float8)),
          cut_at = case when ${cut} then clock_timestamp() else cut_at end
        where bucket = ${bucket}`.execute(tx)
      return { share, cut }
    })

/**
 * The SQL store of the pace. Slots of one bucket are at least `intervalMs` apart, whichever
 * instance takes them. So no period has more requests than the rate allows.
 */
export const createPaceStore = (deps: { database: Database }): PaceStore => ({
  reserve: createReserve(deps.database),
  throttle: createThrottle(deps.database),
  read: async (bucket) => {
    const { rows } = await sql<Bucket>`select ${BUCKET_COLUMNS} from pace
      where bucket = ${bucket}`.execute(deps.database.db)
    const now = rows[0]
    return now
      ? { share: shareOf(now), blockedMs: Math.ceil(now.blocked_ms) }
      : { share: PACE_SHARE_RULE.full, blockedMs: 0 }
  },
})
