import { sql } from 'kysely'

import type { AuditEntry } from '../../domain/audit/audit.ts'
import { verdictOnFailure, type EndpointSource } from '../../domain/endpoints/webhook-endpoint.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Ids } from '../../lib/ids.ts'
import { createGatherer } from '../../lib/waiting/gather.ts'
import type {
  EndpointVerdict,
  FailedSync,
  SyncResult,
  SyncStore,
} from '../../workflows/ports/endpoints/sync.ts'
import {
  appendAudit,
  AUDIT_COLUMNS,
  AUDIT_TYPES,
  auditColumns,
  withDetails,
} from '../audit/audit-store.ts'
import { inTransaction, type Database, type Tx } from '../homes/database.ts'
import { keptStatement, runKept } from '../homes/kept-statements.ts'
import type { Keyring } from '../homes/keyring.ts'
import { openedSecrets, SECRET_COLUMNS, type SecretRow } from './endpoint-secrets.ts'
import { createEnvEndpoints } from './env-endpoints.ts'
import type { Outbox } from './outbox.ts'
import { createPostpone } from './postpone-delivery.ts'

type DeliveryRow = SecretRow & {
  id: string
  endpoint_id: string
  url: string
  source: EndpointSource
  event_type: string
  object: string
  body: string
  attempts: number
  created_at: Date
}

/** How many overdue deliveries one round of the sweep takes. */
const OVERDUE_AT_ONCE = 500
/** If there are more, a round chooses among this many of the oldest. */
const OVERDUE_COMPARED = 50_000
/**
 * How early a job may arrive. The time of a job is counted in whole seconds, by the transaction's
 * clock. So a job may arrive a little before its delivery is due.
 */
const DUE_SLACK = `interval '1 second'`

const LOAD =
  keptStatement(`select d.id, d.tenant_id, d.endpoint_id, e.name, e.url, e.source, e.secret, e.secret_key_id,
    e.previous_secret, e.previous_secret_key_id, d.event_type, d.object, d.body, d.attempts, d.created_at
  from sync_delivery d join (select id, url, source, enabled, ${SECRET_COLUMNS} from sync_endpoint) e on e.id = d.endpoint_id
  where d.id = $1 and d.state = 'pending' and e.enabled
    and d.next_at <= clock_timestamp() + ${DUE_SLACK}`)

const createLoad =
  (deps: { database: Database; keyring: Keyring }): SyncStore['load'] =>
  async (deliveryId) => {
    const [row] = await runKept<DeliveryRow>(deps.database.db, LOAD, [deliveryId])
    if (!row) return null
    return {
      id: row.id,
      tenantId: row.tenant_id,
      endpointId: row.endpoint_id,
      url: row.url,
      trusted: row.source === 'environment',
      secrets: openedSecrets(deps.keyring, row),
      eventType: row.event_type,
      object: row.object,
      body: row.body,
      attempts: row.attempts,
      createdAt: row.created_at,
    }
  }

type Delivered = { deliveryId: string; status: number; audit: AuditEntry }

/**
 * Records deliveries that succeeded, many at a time. The row of a healthy endpoint is only read,
 * not written. Rows of other endpoints are locked before the deliveries, as a removal does.
 *
 * Each delivery must be looked up by its id. `|| ''` and `offset 0` make the planner do so. The
 * plan may be kept from a time when the table was small. A plan that reads the whole table, or all
 * pending deliveries, would become slower and slower. `state || ''` keeps the planner from the
 * index of pending deliveries, and `offset 0` from a join of all deliveries of an endpoint. The
 * condition with `locked.id || ''` is true for every id. It makes a planner expect one row of the
 * JSON instead of a hundred.
 */
const DELIVERED = keptStatement(`with given as materialized (
    select * from json_to_recordset($1::json) as g (id text, status int, audit json)),
  told as materialized (
    select found.endpoint_id from given cross join lateral (
      select d.endpoint_id from sync_delivery d where d.id = given.id and d.state || '' = 'pending' offset 0) as found),
  failing as materialized (
    select id from sync_endpoint where consecutive_failures > 0 and id in (select endpoint_id from told)
    order by id for no key update),
  locked as materialized (
    select found.id, one.status, one.audit from (select * from given order by id) as one
      cross join (select count(*) as n from failing) as before cross join lateral (
      select d.id from sync_delivery d where d.id = one.id and d.state || '' = 'pending' and before.n >= 0 for update) as found),
  done as (
    update sync_delivery d set state = 'delivered', attempts = attempts + 1, last_status = locked.status, last_failure = null,
      next_at = clock_timestamp(), settled_at = clock_timestamp()
    from locked where d.id = locked.id and locked.id || '' = locked.id returning d.endpoint_id, locked.audit),
  noted as (
    insert into audit_entry (${AUDIT_COLUMNS})
    select ${AUDIT_COLUMNS} from (select a.* from done, json_to_record(done.audit) as a (${AUDIT_TYPES})) as entry)
  update sync_endpoint set consecutive_failures = 0, failing_since = null, warned_at = null
    where id in (select id from failing intersect select endpoint_id from done)`)
const RECORDED_AT_ONCE = 200
/**
 * How long results gather for the next statement. If a crash in this time loses the result of a
 * delivery, the delivery is sent again under the same id.
 */
const GATHERED_FOR_MS = 100

/**
 * The first result is recorded immediately. Results that follow soon are recorded together by the
 * next statement.
 */
const createRecordDelivered = (
  { db }: Database,
  clock: Clock,
): ((delivered: Delivered) => Promise<null>) => {
  const record = async (all: readonly Delivered[]): Promise<null[]> => {
    const given = all.map(({ deliveryId: id, status, audit }) => ({
      ...{ id, status, audit: auditColumns(audit) },
    }))
    await runKept(db, DELIVERED, [JSON.stringify(given)])
    return all.map(() => null)
  }
  const after = (_: number, ended: AbortSignal) => clock.sleep(GATHERED_FOR_MS, ended)
  return createGatherer(record, RECORDED_AT_ONCE, { rest: { after, enough: RECORDED_AT_ONCE } })
}

const noteFailure = async (
  tx: Tx,
  endpointId: string,
  failed: FailedSync,
): Promise<EndpointVerdict | null> => {
  const { rows } = await sql<{
    source: EndpointSource
    failures: number
    failing_ms: number
    warned: boolean
  }>`
    update sync_endpoint set consecutive_failures = consecutive_failures + 1,
      failing_since = coalesce(failing_since, clock_timestamp())
    where id = ${endpointId} and enabled
    returning source, consecutive_failures as failures, warned_at is not null as warned,
      greatest(0, extract(epoch from clock_timestamp() - failing_since) * 1000)::float8 as failing_ms`.execute(
    tx,
  )
  const row = rows[0]
  if (!row) return null
  const about = { consecutiveFailures: row.failures, failingMs: Math.round(row.failing_ms) }
  const { source, warned } = row
  const kind = verdictOnFailure({ ...about, source, gone: failed.gone, warned })
  if (kind === null) return null
  if (kind === 'warn') {
    await sql`update sync_endpoint set warned_at = clock_timestamp() where id = ${endpointId}`.execute(
      tx,
    )
  } else {
    await sql`update sync_endpoint set enabled = false, disabled_reason = ${kind}, version = version + 1,
        updated_at = clock_timestamp() where id = ${endpointId}`.execute(tx)
    await appendAudit(tx, [failed.disabledAudit])
  }
  return { kind, ...about }
}

type NotDelivered = Exclude<SyncResult, { state: 'delivered' }>
type NextStep = Pick<NotDelivered, 'state' | 'audit'> & { nextInMs: number }

/**
 * Locks the endpoint. true: it has got another URL since the attempt was sent. A removal also locks
 * the endpoint before its deliveries. The other order could deadlock.
 */
const lockMoved = async (
  tx: Tx,
  deliveryId: string,
  { url }: Pick<FailedSync, 'url'>,
): Promise<boolean> => {
  const { rows } = await sql<{ url: string }>`select url from sync_endpoint where id = (
      select endpoint_id from sync_delivery where id = ${deliveryId}) for no key update`.execute(tx)
  return rows[0] !== undefined && rows[0].url !== url
}

/**
 * What follows a failed attempt. A 410 ends the delivery only if it came from the present URL of
 * the endpoint.
 */
const nextStepOf = (result: NotDelivered, isMoved: boolean): NextStep => {
  if (isMoved && result.gone) {
    const retried = { ...result.audit, action: 'sync.retried' } as const
    return { state: 'pending', nextInMs: 0, audit: withDetails(retried, { delayMs: 0 }) }
  }
  const { state, audit } = result
  return { state, audit, nextInMs: result.state === 'pending' ? result.nextInMs : 0 }
}

const createRecord = (deps: {
  database: Database
  outbox: Outbox
  clock: Clock
}): SyncStore['record'] => {
  const recordDelivered = createRecordDelivered(deps.database, deps.clock)
  return (deliveryId, result) => {
    if (result.state === 'delivered') {
      const { status, audit } = result
      return recordDelivered({ deliveryId, status, audit })
    }
    return inTransaction(deps.database, async (tx) => {
      const isMoved = await lockMoved(tx, deliveryId, result)
      const { state, audit, nextInMs } = nextStepOf(result, isMoved)
      const { rows } = await sql<{ endpoint_id: string }>`update sync_delivery set
            state = ${state}, attempts = attempts + 1,
            last_status = ${result.status}::int, last_failure = ${result.failure},
            next_at = clock_timestamp() + make_interval(secs => ${nextInMs / 1000}::float8),
            settled_at = case when ${state === 'pending'} then null else clock_timestamp() end
          where id = ${deliveryId} and state = 'pending'
            and attempts = coalesce(${result.attemptsBefore ?? null}::int, attempts) returning endpoint_id`.execute(
        tx,
      )
      const endpointId = rows[0]?.endpoint_id
      if (endpointId === undefined) return null
      if (state === 'pending') await deps.outbox.enqueue(tx, deliveryId, nextInMs)
      await appendAudit(tx, [audit])
      return isMoved ? null : noteFailure(tx, endpointId, result)
    })
  }
}

/**
 * If there are more overdue deliveries than one round takes, the round takes the oldest of each
 * endpoint first. Otherwise a message would wait behind the whole backlog of another endpoint.
 */
const createOverdue =
  ({ db }: Database): SyncStore['overdue'] =>
  async (graceMs) => {
    const oldest = (limit: number) => sql`select d.id, d.endpoint_id, d.next_at from sync_delivery d
        join sync_endpoint e on e.id = d.endpoint_id and e.enabled
        where d.state = 'pending' and d.next_at < statement_timestamp() - make_interval(secs => ${Math.min(0, graceMs) / 1000}::float8)
          and (d.attempts = 0 or d.next_at < statement_timestamp() - make_interval(secs => ${graceMs / 1000}::float8))
        order by d.next_at limit ${limit}`
    const { rows } = await sql<{ id: string }>`${oldest(OVERDUE_AT_ONCE)}`.execute(db)
    if (rows.length < OVERDUE_AT_ONCE) return rows.map(({ id }) => id)
    const fair = await sql<{ id: string }>`select id from (select id, next_at,
          row_number() over (partition by endpoint_id order by next_at) as place
        from (${oldest(OVERDUE_COMPARED)}) as due) as placed
      order by place, next_at limit ${OVERDUE_AT_ONCE}`.execute(db)
    return fair.rows.map(({ id }) => id)
  }

/** The SQL store of messages for endpoints and their results. */
export const createSyncStore = (deps: {
  database: Database
  keyring: Keyring
  outbox: Outbox
  ids: Ids
  clock: Clock
}): SyncStore => ({
  ...createEnvEndpoints(deps),
  load: createLoad(deps),
  record: createRecord(deps),
  postpone: createPostpone(deps.database),
  overdue: createOverdue(deps.database),
})
