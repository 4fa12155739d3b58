import { sql, type RawBuilder } from 'kysely'

import type { Tx } from '../homes/database.ts'

/**
 * `order`: other transactions lock several rows of the table too. So the rows are locked in the
 * order of this column, as those transactions do. Any other order could deadlock with them. The
 * tables without an order rely on the retry of a deadlock (`inTransaction`).
 */
type LockedTable = { table: string; order?: 'id' }
const ENDPOINTS: LockedTable = { table: 'sync_endpoint', order: 'id' }

/**
 * The columns with times. When the clock is set back, the times in the future move back with it.
 * `where`: the rows to which this applies.
 */
export const AHEAD: readonly (LockedTable & { where?: string; columns: readonly string[] })[] = [
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
  // A time that a caller named does not move with the clock. A time that the gateway set is the end
  // of a wait, so it moves.
  {
    table: 'upload',
    where: `state = 'held' and hold_reason <> 'not_before'`,
    columns: ['retry_at'],
  },
  { table: 'upload', where: `state = 'receiving'`, columns: ['heartbeat_at'] },
  { table: 'upload', columns: ['reconcile_at'] },
  // Endpoints come before their deliveries, as when an endpoint is removed. The other order could
  // deadlock with a removal.
  { ...ENDPOINTS, columns: ['failing_since', 'warned_at', 'previous_secret_until'] },
  { table: 'sync_delivery', order: 'id', where: `state = 'pending'`, columns: ['next_at'] },
  { table: 'webhook_receipt', where: `state = 'received'`, columns: ['check_at'] },
  { table: 'webhook_receipt', columns: ['received_at'] },
  { table: 'event_subscription', columns: ['attempted_at', 'next_at'] },
  { table: 'idempotency_key', columns: ['heartbeat_at', 'done_at'] },
  { table: 'pace', columns: ['next_at', 'blocked_until', 'share_at', 'cut_at'] },
  { table: 'list_cache', columns: ['read_at', 'taken_at'] },
  { table: 'list_intent', columns: ['intended_at'] },
  { table: 'new_list', columns: ['made_at'] },
  { table: 'api_key', columns: ['last_used_at'] },
  { table: 'console_session', columns: ['created_at', 'used_at'] },
  { table: 'upkeep', columns: ['ready_at'] },
  { table: 'erasure', where: `ready_at < 'infinity'`, columns: ['ready_at'] },
  { table: 'erasure_contact', where: `state = 'found'`, columns: ['due_at'] },
  { table: 'encryption_key', columns: ['seen_at'] },
]

const interval = (ms: number): RawBuilder<unknown> =>
  sql`make_interval(secs => ${ms / 1000}::float8)`

/** Tables whose rows are leased, with the length of a lease in seconds. */
const LEASED = {
  lane: 10,
  segment_campaign: 10,
  dnc_list_lane: 10,
  dnc_retraction_lane: 10,
  dnc_write_slot: 60,
  guest_file: 10,
  dnc_pull: 60,
  upkeep: 10,
  erasure: 10,
  audit_chain: 10,
} as const

/** For each leased table, the end of a lease that begins now. */
const leases = (): [RawBuilder<unknown>, RawBuilder<unknown>][] =>
  Object.entries(LEASED).map(([table, seconds]) => [
    sql.table(table),
    sql`clock_timestamp() + ${interval(seconds * 1000)}`,
  ])

/** Tables whose rows have a heartbeat while the gateway receives their content. */
const RECEIVING = ['upload', 'dnc_submission', 'guest_file', 'registry_edition'] as const

/** A condition for the same rows. If the table has an `order`, it locks the rows in this order. */
const lockedWhere = (
  { table, order }: LockedTable,
  condition: RawBuilder<unknown>,
): RawBuilder<unknown> => {
  if (order === undefined) return condition
  const column = sql.ref(order)
  return sql`${column} in (select ${column} from ${sql.table(table)} where ${condition}
    order by ${column} for no key update)`
}

/**
 * Call this after the clock was set back. Times in the future move back by the same amount, so that
 * the jump prolongs no wait. Every lease ends within its usual time, so that the jump does not
 * prolong the leases of dead instances.
 */
export const followBack = async (tx: Tx, backMs: number): Promise<void> => {
  const back = interval(backMs)
  for (const [table, end] of leases()) {
    await sql`update ${table} set lease_until = ${end} where lease_until > ${end}`.execute(tx)
  }
  for (const { where, columns, ...of } of AHEAD) {
    const ahead = columns.map((column) => sql`${sql.ref(column)} > clock_timestamp()`)
    const moved = columns.map(
      (column) =>
        sql`${sql.ref(column)} = case when ${sql.ref(column)} > clock_timestamp() then ${sql.ref(column)} - ${back} else ${sql.ref(column)} end`,
    )
    const also = where === undefined ? sql`` : sql`${sql.raw(where)} and`
    const rows = lockedWhere(of, sql`${also} (${sql.join(ahead, sql` or `)})`)
    await sql`update ${sql.table(of.table)} set ${sql.join(moved)} where ${rows}`.execute(tx)
  }
  await sql`update pace set waiting = array(select case when until > clock_timestamp() then until - ${back} else until end
      from unnest(waiting) with ordinality as w (until, place) order by place)`.execute(tx)
}

/**
 * Call this after the clock was set ahead. Leases that seem to have ended get their usual time
 * again, because their holders may be alive. The same applies to everything that is being received.
 * The start of an endpoint's failures moves ahead too, so that the jump does not count as time with
 * failures.
 */
export const followAhead = async (tx: Tx, aheadMs: number): Promise<void> => {
  for (const [table, end] of leases()) {
    await sql`update ${table} set lease_until = ${end} where lease_until < clock_timestamp()`.execute(
      tx,
    )
  }
  for (const table of RECEIVING) {
    await sql`update ${sql.table(table)} set heartbeat_at = clock_timestamp()
      where state = 'receiving'`.execute(tx)
  }
  await sql`update idempotency_key set heartbeat_at = clock_timestamp() where state = 'claimed'`.execute(
    tx,
  )
  await sql`update sync_endpoint set failing_since = failing_since + ${interval(aheadMs)}
    where ${lockedWhere(ENDPOINTS, sql`failing_since is not null`)}`.execute(tx)
}
