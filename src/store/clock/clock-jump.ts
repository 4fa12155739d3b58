import { sql, type RawBuilder } from 'kysely'

import type { Tx } from '../homes/database.ts'

/** As long as the lease of a lane: what the dead held is soon free. */
const LEASE = sql`interval '10 seconds'`

/**
 * Stored times that may lie in the future: where to search for rows, and which of their columns
 * move back with the clock.
 */
export const AHEAD: readonly { table: string; where?: string; columns: readonly string[] }[] = [
  { table: 'lane', where: `ready_at < 'infinity'`, columns: ['ready_at'] },
  { table: 'lane', columns: ['waits_since', 'waits_until', 'looks_at'] },
  { table: 'segment_campaign', where: `ready_at < 'infinity'`, columns: ['ready_at'] },
  { table: 'dnc_list_lane', where: `ready_at < 'infinity'`, columns: ['ready_at'] },
  { table: 'dnc_group', columns: ['renew_at'] },
  { table: 'dnc_retraction_lane', where: `ready_at < 'infinity'`, columns: ['ready_at'] },
  { table: 'dnc_retraction', where: `state = 'open'`, columns: ['due_at'] },
  { table: 'dnc_pull', where: `due_at < 'infinity'`, columns: ['due_at'] },
  { table: 'dnc_submission', where: `state = 'held'`, columns: ['retry_at'] },
  { table: 'dnc_submission', where: `state = 'receiving'`, columns: ['heartbeat_at'] },
  { table: 'registry_edition', where: `state = 'receiving'`, columns: ['heartbeat_at'] },
  { table: 'guest_file', where: `ready_at < 'infinity'`, columns: ['ready_at'] },
  { table: 'guest_file', where: `state = 'receiving'`, columns: ['heartbeat_at'] },
  // A time that a caller named is a time of day; what the gateway gave itself is a wait.
  {
    table: 'upload',
    where: `state = 'held' and hold_reason <> 'not_before'`,
    columns: ['retry_at'],
  },
  { table: 'upload', where: `state = 'receiving'`, columns: ['heartbeat_at'] },
  { table: 'upload', columns: ['reconcile_at'] },
  { table: 'sync_delivery', where: `state = 'pending'`, columns: ['next_at'] },
  { table: 'sync_endpoint', columns: ['failing_since', 'warned_at', 'previous_secret_until'] },
  { table: 'webhook_receipt', where: `state = 'received'`, columns: ['check_at'] },
  { table: 'webhook_receipt', columns: ['received_at'] },
  { table: 'event_subscription', columns: ['attempted_at', 'next_at'] },
  { table: 'idempotency_key', columns: ['heartbeat_at', 'done_at'] },
  { table: 'pace', columns: ['next_at', 'blocked_until', 'share_at', 'cut_at'] },
  { table: 'list_cache', columns: ['read_at'] },
  { table: 'list_intent', columns: ['intended_at'] },
  { table: 'new_list', columns: ['made_at'] },
  { table: 'api_key', columns: ['last_used_at'] },
  { table: 'console_session', columns: ['created_at', 'used_at'] },
  { table: 'upkeep', columns: ['ready_at'] },
  { table: 'erasure', where: `ready_at < 'infinity'`, columns: ['ready_at'] },
  { table: 'encryption_key', columns: ['seen_at'] },
]

const interval = (ms: number): RawBuilder<unknown> =>
  sql`make_interval(secs => ${ms / 1000}::float8)`

/** Tables whose rows are held by a lease. */
const LEASED = [
  'lane',
  'segment_campaign',
  'dnc_list_lane',
  'dnc_retraction_lane',
  'dnc_write_slot',
  'guest_file',
  'dnc_pull',
  'upkeep',
  'erasure',
  'audit_chain',
] as const

/** Tables in which receiving work shows signs of life. */
const RECEIVING = ['upload', 'dnc_submission', 'guest_file', 'registry_edition'] as const

/**
 * The clock was set back. Future times stay as far ahead as they were, and nothing that was alive
 * lives longer than before.
 */
export const followBack = async (tx: Tx, backMs: number): Promise<void> => {
  const back = interval(backMs)
  for (const table of LEASED) {
    await sql`update ${sql.table(table)} set lease_until = clock_timestamp() + ${LEASE}
      where lease_until > clock_timestamp() + ${LEASE}`.execute(tx)
  }
  for (const { table, where, columns } of AHEAD) {
    const ahead = columns.map((column) => sql`${sql.ref(column)} > clock_timestamp()`)
    const moved = columns.map(
      (column) =>
        sql`${sql.ref(column)} = case when ${sql.ref(column)} > clock_timestamp() then ${sql.ref(column)} - ${back} else ${sql.ref(column)} end`,
    )
    const also = where === undefined ? sql`` : sql`${sql.raw(where)} and`
    await sql`update ${sql.table(table)} set ${sql.join(moved)}
      where ${also} (${sql.join(ahead, sql` or `)})`.execute(tx)
  }
  await sql`update pace set waiting = array(select case when until > clock_timestamp() then until - ${back} else until end
      from unnest(waiting) with ordinality as w (until, place) order by place)`.execute(tx)
}

/**
 * The clock was set ahead: every instance that gave a sign of life before counts as alive now, and
 * has the usual time for the next one.
 */
export const followAhead = async (tx: Tx, aheadMs: number): Promise<void> => {
  for (const table of LEASED) {
    await sql`update ${sql.table(table)} set lease_until = clock_timestamp() + ${LEASE}
      where lease_until < clock_timestamp()`.execute(tx)
  }
  for (const table of RECEIVING) {
    await sql`update ${sql.table(table)} set heartbeat_at = clock_timestamp()
      where state = 'receiving'`.execute(tx)
  }
  await sql`update idempotency_key set heartbeat_at = clock_timestamp() where state = 'claimed'`.execute(
    tx,
  )
  await sql`update sync_endpoint set failing_since = failing_since + ${interval(aheadMs)}
    where failing_since is not null`.execute(tx)
}
