import { sql } from 'kysely'

import { applyOptOutByStrictest } from '../../domain/do-not-call/rules/limits.ts'
import { StorageFull } from '../../domain/problems/store-unavailable.ts'
import type { HoldReason, UploadState } from '../../domain/uploads/upload.ts'
import type { Home } from '../../workflows/ports/homes/home.ts'
import type { UpkeepFindings } from '../../workflows/ports/retention/retention.ts'
import { WAITING } from '../audit/chain-store.ts'
import { STEADY_NOW } from '../clock/steady-time.ts'
import type { RegistryRules } from '../do-not-call/registries/registry-hits.ts'
import { FINAL_STATES_SQL, workableIn } from '../uploads/upload-row.ts'
import { inTransaction, type Database } from './database.ts'

type RegistryAge = { name: string; country: string; days: number | null; age: number | null }

type Gauges = {
  uploads: Partial<Record<UploadState, number>> | null
  holds: Partial<Record<HoldReason, number>> | null
  unchanged: Partial<Record<UploadState, number>> | null
  held: number
  waiting: number
  oldest: number
  pending: number
  oldest_pending: number
  oldest_dnc: number
  oldest_dnc_at: Date | null
  registries: RegistryAge[] | null
  oldest_retraction: number
  oldest_file_hold: number
  oldest_erasure: number
  audit_lag: number
  dead: number
  upkeep: UpkeepFindings
}

/**
 * Binds the store to a Genesys org. Returns `other` if it is bound to another org and has
 * unfinished work. The check runs after the row is locked. So it also sees the work of another
 * instance that binds at the same time.
 */
const bind = (
  database: Database,
  { dialect, apiHost, clientId }: Parameters<Home['bind']>[0],
): Promise<'bound' | 'other'> =>
  inTransaction(database, async (tx) => {
    const org = sql`${dialect}::text, ${apiHost}::text, ${clientId}::text`
    await sql`insert into binding (dialect, api_host, client_id) values (${org})
      on conflict (only_one) do nothing`.execute(tx)
    await sql`select 1 from binding for update`.execute(tx)
    const { rows } =
      await sql`update binding set (dialect, api_host, client_id) = row (${org}), bound_at = clock_timestamp()
      where (dialect, api_host, client_id) = (${org})
        or not exists (select from upload where state not in (${FINAL_STATES_SQL}) union all
          select from segment_version where state in ('applying', 'index_pending', 'held') union all
          select from dnc_submission where state in ('receiving', 'applying', 'held') union all
          select from dnc_retraction where state = 'open' union all select from erasure where completed_at is null union all select from dnc_look_back where done_at is null union all
          select from guest_file where state in ('receiving', 'scanning', 'uploading', 'confirming', 'held')
            or (state = 'stored' and virus_scan = 'pending' and ready_at < 'infinity'))
      returning only_one`.execute(tx)
    return rows.length === 1 ? 'bound' : 'other'
  })

const DAY_SECONDS = 86_400

const applyByOf = (acceptedAt: Date | null): number =>
  acceptedAt === null ? 0 : (applyOptOutByStrictest(acceptedAt)?.getTime() ?? 0) / 1000

const toUpkeepGauges = ({ left = 0, olderKeys = 0, ...behindMs }: UpkeepFindings) => ({
  retentionBehindSeconds: Object.fromEntries(
    Object.entries(behindMs).map(([rule, ms]) => [rule, ms / 1000]),
  ),
  sealedUnderOlderKeys: left,
  olderKeys,
})

const toGauges = (row: Gauges, rules: RegistryRules): Awaited<ReturnType<Home['gauges']>> => ({
  uploads: row.uploads ?? {},
  holds: row.holds ?? {},
  longestUnchangedSeconds: row.unchanged ?? {},
  lanesHeld: row.held,
  lanesWaiting: row.waiting,
  oldestLaneWaitSeconds: row.oldest,
  syncPending: row.pending,
  oldestSyncPendingSeconds: row.oldest_pending,
  oldestDncPendingSeconds: row.oldest_dnc,
  dncApplyByEpochSeconds: applyByOf(row.oldest_dnc_at),
  registries: (row.registries ?? []).map(({ name, country, days, age }) => ({
    registry: name,
    ageSeconds: age,
    limitSeconds: (days ?? rules.ageDaysOf(country)) * DAY_SECONDS,
  })),
  oldestRetractionSeconds: row.oldest_retraction,
  oldestGuestFileHoldSeconds: row.oldest_file_hold,
  oldestErasureSeconds: row.oldest_erasure,
  auditChainLagSeconds: row.audit_lag,
  ...toUpkeepGauges(row.upkeep),
  syncDead: row.dead,
})

/**
 * When the oldest work came to a lane whose holder died. The lane may have had no work then, and
 * its `ready_at` is from before. null: the holder released the lane, so `ready_at` is right.
 */
const WORK_SINCE = sql`case when l.lease_until is not null
  then (select min(updated_at) from upload where ${workableIn(sql.ref('l.key'))}) end`

/**
 * Fails if the disk of the server has no space for a mebibyte. An update of one row in its place
 * succeeds on a full disk. So this query does not fit into its memory, and PostgreSQL puts its rows
 * into a temporary file, which is on the same disk as the tables.
 */
const NEEDS_SPACE = sql`with narrow as materialized (select set_config('work_mem', '64kB', true) as m)
  select count(*) from narrow, unnest(array_fill(repeat(left(m, 1), 8192), array[128]))`

/**
 * The port `Home` for both forms of the database. `close` must close its connections.
 * `registryRules`: the longest age of a registry that sets no limit itself, for the gauges.
 */
export const createHome = (deps: {
  database: Database
  registryRules: RegistryRules
  close: () => Promise<void>
}): Home => {
  const { database } = deps
  const claimable = sql`lane l where l.ready_at <= statement_timestamp()
    and (l.lease_until is null or l.lease_until < ${STEADY_NOW})
    and exists (select from upload where ${workableIn(sql.ref('l.key'))})`
  return {
    kind: database.kind,
    close: deps.close,
    hasRoom: () => database.hasRoom(),
    // Only a write proves that work can be accepted. A standby, or a database whose log is full,
    // still answers reads.
    ping: async () => {
      if (!database.hasRoom()) throw new StorageFull()
      await sql`with relaxed as materialized (select set_config('synchronous_commit', 'off', true))
        update database_clock set seen_at = seen_at from relaxed`.execute(database.db)
      if (database.kind === 'server') await NEEDS_SPACE.execute(database.db)
    },
    gauges: async () => {
      // `uploads` counts only open uploads. Another metric counts each upload when it ends.
      const { rows } = await sql<Gauges>`select
        (select jsonb_object_agg(state, n) from (select state, count(*) as n from upload
          where state not in (${FINAL_STATES_SQL}) group by state) as open) as uploads,
        (select jsonb_object_agg(hold_reason, n) from (select hold_reason, count(*) as n from upload
          where state = 'held' group by hold_reason) as h) as holds,
        (select jsonb_object_agg(state, s) from (select state,
            greatest(0, extract(epoch from clock_timestamp() - min(updated_at)))::float8 as s from upload
          where state not in (${FINAL_STATES_SQL}) group by state) as u) as unchanged,
        (select count(*)::int from lane where lease_until > clock_timestamp() and ready_at <= statement_timestamp()) as held,
        (select count(*)::int from ${claimable}) as waiting,
        (select greatest(0, extract(epoch from clock_timestamp() - min(greatest(l.ready_at, ${WORK_SINCE}))))::float8
          from ${claimable}) as oldest,
        (select count(*)::int from sync_delivery d join sync_endpoint e on e.id = d.endpoint_id
          where d.state = 'pending' and e.enabled) as pending,
        (select greatest(0, extract(epoch from clock_timestamp() - min(d.created_at)))::float8 from sync_delivery d
          join sync_endpoint e on e.id = d.endpoint_id where d.state = 'pending' and e.enabled) as oldest_pending,
        (select greatest(0, extract(epoch from clock_timestamp() - min(accepted_at)))::float8 from dnc_submission
          where state in ('applying', 'held') and not reading) as oldest_dnc,
        (select min(least(accepted_at, oldest_received_at)) from dnc_submission where state in ('applying', 'held') and not reading) as oldest_dnc_at,
        (select json_agg(json_build_object('name', r.name, 'country', r.country, 'days', r.max_age_days,
            'age', extract(epoch from clock_timestamp() - e.as_of)::float8))
          from registry r left join registry_edition e on e.number = r.current_edition
          where exists (select from tenant_registry t where t.registry = r.name)) as registries,
        (select greatest(0, extract(epoch from clock_timestamp() - min(found_at)))::float8 from dnc_retraction
          where state = 'open') as oldest_retraction,
        (select coalesce(greatest(0, extract(epoch from clock_timestamp() - min(held_since)))::float8, 0) from guest_file
          where state = 'held') as oldest_file_hold,
        (select coalesce(greatest(0, extract(epoch from clock_timestamp() - min(created_at)))::float8, 0) from erasure
          where completed_at is null) as oldest_erasure,
        (select count(*)::int from sync_delivery where state = 'dead') as dead,
        coalesce((select jsonb_object_agg(name, value) from upkeep, jsonb_each(found) as one (name, value)), '{}') as upkeep,
        coalesce((select greatest(0, extract(epoch from clock_timestamp() - e.at))::float8 from audit_entry e, audit_chain c
          where ${WAITING} order by e.xid, e.id limit 1), 0) as audit_lag`.execute(database.db)
      const row = rows[0]!
      return toGauges(row, deps.registryRules)
    },
    bind: (binding) => bind(database, binding),
  }
}
