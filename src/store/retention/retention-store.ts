import { sql, type RawBuilder } from 'kysely'

import { RETENTION_RULES, type RetentionRuleName } from '../../domain/retention/retention-rules.ts'
import { FINAL_STATES } from '../../domain/uploads/upload.ts'
import type { Ids } from '../../lib/ids.ts'
import type { RetentionStore } from '../../workflows/ports/retention/retention.ts'
import { CERTAIN_NOW } from '../clock/steady-time.ts'
import { inTransaction, type Database, type Tx } from '../homes/database.ts'
import { auditEntries } from './prune-audit.ts'
import { dncSubmissions } from './prune-submissions.ts'
import type { Rule } from './retention-rule.ts'
import { lockUpkeep } from './upkeep-lane.ts'

/**
 * The most rows that one transaction deletes. With so few rows, a deletion does not delay other
 * calls.
 */
const LOT = 200
/** After this many rows, a lot of uploads is full. Each row may have an outcome to delete. */
const ROWS_AT_ONCE = sql.lit(1_000_000)
/** How many chunks one statement deletes, as in the sweep of abandoned uploads. */
const CHUNKS_AT_ONCE = 16
/**
 * In these states the file's bytes are gone. A stored file may wait for Genesys' verdict, but at
 * most a day.
 */
const FILE_ENDS = ['stored', 'rejected', 'quarantined', 'failed']
/**
 * How many applied versions of a segment are kept: the version in force, and the versions to which
 * a campaign can be rolled back.
 */
const KEPT_VERSIONS = 3

const texts = (keys: readonly string[]): RawBuilder<unknown> => sql`${[...keys]}::text[]`

const states = (names: readonly string[]): RawBuilder<unknown> =>
  sql.raw(`(${names.map((name) => `'${name}'`).join(', ')})`)

/**
 * An upload that has ended and is no longer needed: no check in Genesys is due, and no open upload
 * retries its rows.
 */
const ENDED_UPLOAD = sql`u.state in ${states(FINAL_STATES)}`
const NOBODY_READS = sql`u.reconcile_at is null and not exists (select from upload c where c.id in (select jsonb_array_elements_text(u.child_ids))
  and c.state not in ${states(FINAL_STATES)})`

/**
 * First removes the data key, which makes all rows unreadable in one step. Then deletes the chunks
 * a few at a time.
 */
const stagedRows: Rule = {
  due: (past) => sql`select u.id as key, u.completed_at as ended_at from upload u
    where u.data_key is not null and u.completed_at is not null and u.completed_at < ${past} and ${ENDED_UPLOAD} and ${NOBODY_READS}
    order by u.completed_at limit ${LOT} for update skip locked`,
  remove: async (tx, keys) => {
    await sql`update upload set data_key = null, data_key_id = null where id = any(${texts(keys)})`.execute(
      tx,
    )
  },
  after: async (db, keys) => {
    for (const key of keys) {
      for (let more = true; more;) {
        const { rows } = await sql`delete from chunk where upload_id = ${key} and seq = any(array(
          select seq from chunk where upload_id = ${key} order by seq limit ${CHUNKS_AT_ONCE})) returning 1`.execute(
          db,
        )
        more = rows.length === CHUNKS_AT_ONCE
      }
    }
  },
}

/**
 * Deletes an upload with its remaining chunks, its batches, the requests that contained only its
 * rows, and the outcomes of its rows. A lot ends with the upload with which the uploads have more
 * than `ROWS_AT_ONCE` rows.
 */
const uploadRecords: Rule = {
  lot: 1,
  due: (past) => sql`select key, ended_at from (
      select key, ended_at, sum(read) over (order by ended_at, key) - read as before from (
        select u.id as key, u.completed_at as ended_at, u.rows_read as read from upload u
        where u.completed_at < ${past} and u.data_key is null and ${ENDED_UPLOAD} and ${NOBODY_READS}
        order by u.completed_at limit ${LOT} for update skip locked) as locked) as counted
    where before < ${ROWS_AT_ONCE}`,
  remove: async (tx, keys) => {
    await sql`with gone as (delete from batch where upload_id = any(${texts(keys)}) returning shipment_id)
      delete from shipment s where s.id in (select shipment_id from gone)
        and not exists (select from batch b where b.shipment_id = s.id and b.upload_id <> all(${texts(keys)}))`.execute(
      tx,
    )
    await sql`delete from upload where id = any(${texts(keys)})`.execute(tx)
  },
}

/** After the retention no answer is replayed and no claim is alive, so the row can be deleted. */
const idempotencyAnswers: Rule = {
  due: (
    past,
  ) => sql`select ctid::text as key, coalesce(done_at, heartbeat_at) as ended_at from idempotency_key
    where created_at < ${past} and coalesce(done_at, heartbeat_at) < ${past} limit ${LOT} for update skip locked`,
  remove: async (tx, keys) => {
    await sql`delete from idempotency_key where ctid = any(${texts(keys)}::tid[])`.execute(tx)
  },
}

/**
 * A delivery to an endpoint that the environment no longer names is never sent, and no call can
 * delete the endpoint. So its retention begins when it was made. Deliveries to other disabled
 * endpoints stay, because their owner can enable or delete the endpoint.
 */
const webhookDeliveries: Rule = {
  due: (
    past,
  ) => sql`select key, ended_at from (select id as key, settled_at as ended_at from sync_delivery
      where state in ('delivered', 'dead') and created_at < ${past} and settled_at < ${past} order by created_at limit ${LOT} for update skip locked) as settled
    union all select key, ended_at from (select d.id as key, d.created_at as ended_at from sync_delivery d
      where d.state = 'pending' and d.created_at < ${past} and d.endpoint_id in (
        select id from sync_endpoint where not enabled and disabled_reason = 'not_configured')
      order by d.created_at limit ${LOT} for update skip locked) as never_sent`,
  remove: async (tx, keys) => {
    await sql`delete from sync_delivery where id = any(${texts(keys)})`.execute(tx)
  },
}

const guestFileRecords: Rule = {
  due: (past) => sql`select id as key, updated_at as ended_at from guest_file
    where state in ${states(FILE_ENDS)} and created_at < ${past} and updated_at < ${past}
      and ready_at = 'infinity' order by created_at limit ${LOT} for update skip locked`,
  remove: async (tx, keys) => {
    await sql`delete from guest_file where id = any(${texts(keys)})`.execute(tx)
  },
}

/**
 * Deletes versions of a segment. Keeps the newest version, the version in force, the versions to
 * which a campaign can be rolled back, and versions whose filter in Genesys is not deleted yet.
 */
const segmentVersions: Rule = {
  due: (past) => sql`select v.campaign_id || ' ' || v.version as key, v.updated_at as ended_at
    from segment_version v join segment_campaign c using (campaign_id)
    where v.state in ('applied', 'failed') and v.updated_at < ${past}
      and v.version <> c.latest_version and v.version is distinct from c.in_force_version
      and (v.progress ->> 'filterName' is null or (v.progress ->> 'filterDeleted')::boolean)
      and v.version not in (select kept.version from segment_version kept where kept.campaign_id = v.campaign_id
        and kept.applied_at is not null order by kept.version desc limit ${KEPT_VERSIONS})
    order by v.updated_at limit ${LOT} for update of v skip locked`,
  remove: async (tx, keys) => {
    await sql`delete from segment_version where campaign_id || ' ' || version = any(${texts(keys)})`.execute(
      tx,
    )
  },
}

const RULES: Record<RetentionRuleName, Rule> = {
  'staged-rows': stagedRows,
  'upload-records': uploadRecords,
  'idempotency-answers': idempotencyAnswers,
  'webhook-deliveries': webhookDeliveries,
  'guest-file-records': guestFileRecords,
  'segment-versions': segmentVersions,
  'do-not-call-submissions': dncSubmissions,
  'audit-entries': auditEntries,
}

type Due = { key: string; behind_ms: number; lot: number }

/**
 * The time before which data is due: the retention of the data began before that time. null: a jump
 * of the clock is unconfirmed. It is read first, because the planner must know the time to find out
 * that few rows are due.
 */
const readPast = async (
  tx: Tx,
  kept: { keptDays: number; readHours?: number },
): Promise<string | null> => {
  const { rows } = await sql<{ doubted: boolean; past: string }>`
    select doubted_from is not null as doubted,
      (${CERTAIN_NOW} - make_interval(days => ${kept.keptDays}::int, hours => ${kept.readHours ?? 0}::int))::text as past
    from database_clock`.execute(tx)
  return rows[0]?.doubted === false ? rows[0].past : null
}

/**
 * Deletes data past its retention. Compares times with `CERTAIN_NOW`. While a jump of the clock is
 * not confirmed, it deletes nothing.
 */
export const createRetentionStore = ({
  database,
  ids,
}: {
  database: Database
  ids: Ids
}): RetentionStore => ({
  sweep: async (claim, name) => {
    const rule = RULES[name]
    const due = await inTransaction(database, async (tx) => {
      await lockUpkeep(tx, claim)
      const read = await readPast(tx, RETENTION_RULES[name])
      if (read === null) return null
      const past = sql`${read}::timestamptz`
      const { rows } = await sql<Due>`with due as materialized (${rule.due(past)})
        select key, greatest(0, extract(epoch from ${past} - ended_at) * 1000)::float8 as behind_ms from due`.execute(
        tx,
      )
      const keys = rows.map(({ key }) => key)
      const done = keys.length > 0 ? await rule.remove(tx, keys, { past, ids }) : undefined
      const deleted = done === 'waits' || done === 'part' ? 0 : keys.length
      const behindMs = Math.max(0, ...rows.map((row) => row.behind_ms))
      return { keys, deleted, waits: done === 'waits', behindMs }
    })
    if (due === null) return null
    await rule.after?.(database.db, due.keys)
    const { keys, deleted, waits, behindMs } = due
    return { deleted, behindMs, more: keys.length >= (rule.lot ?? LOT), waits }
  },
})
