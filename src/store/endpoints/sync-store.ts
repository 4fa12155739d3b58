import { sql } from 'kysely'

import { verdictOnFailure, type EndpointSource } from '../../domain/endpoints/webhook-endpoint.ts'
import type { Ids } from '../../lib/ids.ts'
import type {
  EndpointVerdict,
  FailedSync,
  SyncStore,
} from '../../workflows/ports/endpoints/sync.ts'
import { DEFAULT_TENANT } from '../access/access-store.ts'
import { appendAudit } from '../audit/audit-store.ts'
import { inTransaction, type Database, type Tx } from '../homes/database.ts'
import type { Keyring } from '../homes/keyring.ts'
import { secretContext } from './endpoint-row.ts'
import type { Outbox } from './outbox.ts'

type DeliveryRow = {
  id: string
  tenant_id: string
  endpoint_id: string
  name: string
  url: string
  source: EndpointSource
  secret: Buffer
  secret_key_id: string
  previous_secret: Buffer | null
  previous_secret_key_id: string | null
  event_type: string
  object: string
  body: string
  attempts: number
  created_at: Date
}

/** Overdue deliveries taken in one round of the sweep. */
const OVERDUE_AT_ONCE = 500
/** A job comes at its delivery's time by whole seconds of the transaction's clock, which is a little before the row's. */
const DUE_SLACK = sql`interval '1 second'`

const createEnvEndpoints = (deps: {
  database: Database
  keyring: Keyring
  ids: Ids
}): Pick<SyncStore, 'ensureEnvEndpoints'> => ({
  ensureEnvEndpoints: async (endpoints) => {
    const sealed = endpoints.map((endpoint) => ({
      ...endpoint,
      id: deps.ids.newId('whe'),
      secret: deps.keyring.seal(
        secretContext(DEFAULT_TENANT, endpoint.name),
        Buffer.from(endpoint.secret),
      ),
    }))
    const names = endpoints.map(({ name }) => name)
    await inTransaction(deps.database, async (tx) => {
      await sql`insert into tenant (id) values (${DEFAULT_TENANT}) on conflict do nothing`.execute(
        tx,
      )
      await sql`update sync_endpoint set enabled = false, disabled_reason = 'not_configured'
        where source = 'environment' and tenant_id = ${DEFAULT_TENANT} and name <> all(${names}::text[])`.execute(
        tx,
      )
      for (const { id, name, url, secret, events } of sealed) {
        await sql`insert into sync_endpoint as e (id, tenant_id, name, url, secret, secret_key_id, source, events)
            values (${id}, ${DEFAULT_TENANT}, ${name}, ${url}, ${secret.sealed}, ${secret.keyId}, 'environment',
              ${[...events]}::text[])
            on conflict (tenant_id, name) do update set url = excluded.url, secret = excluded.secret,
              secret_key_id = excluded.secret_key_id, source = 'environment', events = excluded.events,
              enabled = true, disabled_reason = null,
              version = e.version + case when e.enabled and e.url = excluded.url
                and e.events is not distinct from excluded.events then 0 else 1 end,
              updated_at = case when e.enabled and e.url = excluded.url
                and e.events is not distinct from excluded.events then e.updated_at else clock_timestamp() end,
              consecutive_failures = case when e.enabled then e.consecutive_failures else 0 end,
              failing_since = case when e.enabled then e.failing_since end,
              warned_at = case when e.enabled then e.warned_at end`.execute(tx)
      }
    })
  },
})

const createLoad =
  (deps: { database: Database; keyring: Keyring }): SyncStore['load'] =>
  async (deliveryId) => {
    const { rows } =
      await sql<DeliveryRow>`select d.id, d.tenant_id, d.endpoint_id, e.name, e.url, e.source, e.secret, e.secret_key_id,
          case when e.previous_secret_until > clock_timestamp() then e.previous_secret end as previous_secret,
          e.previous_secret_key_id, d.event_type, d.object, d.body, d.attempts, d.created_at
        from sync_delivery d join sync_endpoint e on e.id = d.endpoint_id
        where d.id = ${deliveryId} and d.state = 'pending' and e.enabled
          and d.next_at <= clock_timestamp() + ${DUE_SLACK}`.execute(deps.database.db)
    const row = rows[0]
    if (!row) return null
    const context = secretContext(row.tenant_id, row.name)
    const open = (keyId: string, sealed: Buffer): string =>
      deps.keyring.open(context, keyId, sealed).toString()
    const previous =
      row.previous_secret && row.previous_secret_key_id
        ? [open(row.previous_secret_key_id, row.previous_secret)]
        : []
    return {
      id: row.id,
      tenantId: row.tenant_id,
      endpointId: row.endpoint_id,
      url: row.url,
      trusted: row.source === 'environment',
      secrets: [open(row.secret_key_id, row.secret), ...previous],
      eventType: row.event_type,
      object: row.object,
      body: row.body,
      attempts: row.attempts,
      createdAt: row.created_at,
    }
  }

/** Most deliveries succeed at a healthy endpoint: its row is then only looked at, not written. */
const noteSuccess = async (tx: Tx, endpointId: string): Promise<void> => {
  await sql`update sync_endpoint set consecutive_failures = 0, failing_since = null, warned_at = null
    where id = ${endpointId} and consecutive_failures > 0`.execute(tx)
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

const createRecord =
  (deps: { database: Database; outbox: Outbox }): SyncStore['record'] =>
  (deliveryId, result) =>
    inTransaction(deps.database, async (tx) => {
      const nextIn = result.state === 'pending' ? result.nextInMs : 0
      const failure = result.state === 'delivered' ? null : result.failure
      const { rows } = await sql<{ endpoint_id: string }>`update sync_delivery set
            state = ${result.state}, attempts = attempts + 1,
            last_status = ${result.status}::int, last_failure = ${failure},
            next_at = clock_timestamp() + make_interval(secs => ${nextIn / 1000}::float8),
            settled_at = case when ${result.state === 'pending'} then null else clock_timestamp() end
          where id = ${deliveryId} and state = 'pending' returning endpoint_id`.execute(tx)
      const endpointId = rows[0]?.endpoint_id
      if (endpointId === undefined) return null
      if (result.state === 'pending') await deps.outbox.enqueue(tx, deliveryId, nextIn)
      else await appendAudit(tx, [result.audit])
      if (result.state !== 'delivered') return noteFailure(tx, endpointId, result)
      await noteSuccess(tx, endpointId)
      return null
    })

/** What is to be sent to endpoints, and what came of it. */
export const createSyncStore = (deps: {
  database: Database
  keyring: Keyring
  outbox: Outbox
  ids: Ids
}): SyncStore => ({
  ...createEnvEndpoints(deps),
  load: createLoad(deps),
  record: createRecord(deps),
  overdue: async (graceMs) => {
    const { rows } = await sql<{ id: string }>`select d.id from sync_delivery d
        join sync_endpoint e on e.id = d.endpoint_id and e.enabled
        where d.state = 'pending' and d.next_at < statement_timestamp() - make_interval(secs => ${graceMs / 1000}::float8)
        order by d.next_at limit ${OVERDUE_AT_ONCE}`.execute(deps.database.db)
    return rows.map(({ id }) => id)
  },
})
