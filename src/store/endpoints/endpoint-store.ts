import { sql } from 'kysely'

import { TEST_EVENT } from '../../domain/endpoints/outbound-event.ts'
import type { WebhookEndpoint } from '../../domain/endpoints/webhook-endpoint.ts'
import type { EndpointStore } from '../../workflows/ports/endpoints/endpoints.ts'
import { appendAudit } from '../audit/audit-store.ts'
import { inTransaction, type Database, type Tx } from '../homes/database.ts'
import type { Keyring } from '../homes/keyring.ts'
import { idOfCursor, pageOfRows } from '../homes/page-cursor.ts'
import {
  DELIVERY_LOG_COLUMNS,
  ENDPOINT_COLUMNS,
  secretContext,
  toDelivery,
  toEndpoint,
  type DeliveryLogRow,
  type EndpointRow,
} from './endpoint-row.ts'
import type { Outbox } from './outbox.ts'

type Deps = { database: Database; keyring: Keyring; outbox: Outbox }

/**
 * Locks the tenant's endpoint until the transaction ends. `own`: the tenant may change it. `fixed`:
 * the environment configures it. `stale`: it has another version than `version`. The lock does not
 * block transactions that write deliveries for the endpoint.
 */
const lockOwn = async (
  tx: Tx,
  input: { tenantId: string; endpointId: string; version?: number | null },
): Promise<{ kind: 'own'; row: EndpointRow } | { kind: 'fixed' } | { kind: 'stale' } | null> => {
  const { rows } = await sql<EndpointRow>`select ${ENDPOINT_COLUMNS} from sync_endpoint
    where id = ${input.endpointId} and tenant_id = ${input.tenantId} for no key update`.execute(tx)
  const row = rows[0]
  if (!row) return null
  if (row.source === 'environment') return { kind: 'fixed' }
  const { version = null } = input
  return version === null || version === row.version ? { kind: 'own', row } : { kind: 'stale' }
}

const createReads = ({
  database: { db },
}: Deps): Pick<EndpointStore, 'find' | 'list' | 'deliveries'> => ({
  find: async (tenantId, endpointId) => {
    const { rows } = await sql<EndpointRow>`select ${ENDPOINT_COLUMNS} from sync_endpoint
      where id = ${endpointId} and tenant_id = ${tenantId}`.execute(db)
    return rows[0] ? toEndpoint(rows[0]) : null
  },
  list: async (tenantId, page) => {
    const before = page.cursor === null ? null : idOfCursor(page.cursor)
    if (page.cursor !== null && before === null) return null
    const { rows } = await sql<EndpointRow>`select ${ENDPOINT_COLUMNS} from sync_endpoint
      where tenant_id = ${tenantId} and (${before}::text is null or id < ${before}::text)
      order by id desc limit ${page.limit + 1}`.execute(db)
    return pageOfRows(rows.map(toEndpoint), page.limit)
  },
  deliveries: async (endpointId, page) => {
    const before = page.cursor === null ? null : idOfCursor(page.cursor)
    if (page.cursor !== null && before === null) return null
    const older = before === null ? sql`` : sql`and id < ${before}`
    const states =
      page.states.length === 0 ? sql`` : sql`and state = any(${[...page.states]}::text[])`
    const { rows } = await sql<DeliveryLogRow>`select ${DELIVERY_LOG_COLUMNS} from sync_delivery
      where endpoint_id = ${endpointId} ${older} ${states} order by id desc limit ${page.limit + 1}`.execute(
      db,
    )
    return pageOfRows(rows.map(toDelivery), page.limit)
  },
})

const createCreate =
  ({ database, keyring }: Deps): EndpointStore['create'] =>
  async (input) => {
    const { id, tenantId, name, url } = input
    const { keyId, sealed } = keyring.seal(secretContext(tenantId, name), Buffer.from(input.secret))
    return inTransaction(database, async (tx) => {
      // Endpoints are counted under a lock on the tenant's row, so that two calls cannot both add
      // the last endpoint that the limit allows.
      await sql`select 1 from tenant where id = ${tenantId} for no key update`.execute(tx)
      const { rows: counted } = await sql<{
        n: number
      }>`select count(*)::int as n from sync_endpoint
        where tenant_id = ${tenantId}`.execute(tx)
      if (counted[0]!.n >= input.most) return { kind: 'too_many' }
      const { rows } =
        await sql<EndpointRow>`insert into sync_endpoint (id, tenant_id, name, url, secret, secret_key_id,
          source, events)
        values (${id}, ${tenantId}, ${name}, ${url}, ${sealed}, ${keyId}, 'registered', ${input.events}::text[])
        on conflict (tenant_id, name) do nothing returning ${ENDPOINT_COLUMNS}`.execute(tx)
      if (!rows[0]) return { kind: 'name_taken' }
      await appendAudit(tx, [input.audit])
      return { kind: 'created', endpoint: toEndpoint(rows[0]) }
    })
  }

/** Writes a change. If the endpoint is already disabled and stays disabled, the reason stays. */
const writeChange = async (
  tx: Tx,
  row: EndpointRow,
  change: Parameters<EndpointStore['change']>[0]['change'],
): Promise<WebhookEndpoint> => {
  const { url = row.url, events = row.events, enabled = row.enabled } = change
  const revived = enabled && !row.enabled
  const reason = enabled ? null : (row.disabled_reason ?? 'request')
  const { rows } =
    await sql<EndpointRow>`update sync_endpoint set url = ${url}, events = ${events}::text[],
      enabled = ${enabled}, disabled_reason = ${reason}, version = version + 1, updated_at = clock_timestamp(),
      consecutive_failures = case when ${revived} then 0 else consecutive_failures end,
      failing_since = case when ${revived} then null else failing_since end,
      warned_at = case when ${revived} then null else warned_at end
    where id = ${row.id} returning ${ENDPOINT_COLUMNS}`.execute(tx)
  return toEndpoint(rows[0]!)
}

/**
 * Locks the deliveries of the endpoint in the order of their ids. The erasure of bodies and the
 * code that records successes use the same order. Another order could deadlock with these two.
 */
const lockDeliveries = async (tx: Tx, endpointId: string): Promise<void> => {
  await sql`select 1 from sync_delivery where endpoint_id = ${endpointId} order by id for update`.execute(
    tx,
  )
}

const createChanges = ({
  database,
  keyring,
}: Deps): Pick<EndpointStore, 'change' | 'rotate' | 'remove'> => ({
  change: (input) =>
    inTransaction(database, async (tx) => {
      const own = await lockOwn(tx, input)
      if (own?.kind !== 'own') return own
      const endpoint = await writeChange(tx, own.row, input.change)
      await appendAudit(tx, [input.audit])
      return { kind: 'changed', endpoint }
    }),
  rotate: (input) =>
    inTransaction(database, async (tx) => {
      const own = await lockOwn(tx, input)
      if (own?.kind !== 'own') return own
      const context = secretContext(input.tenantId, own.row.name)
      const { keyId, sealed } = keyring.seal(context, Buffer.from(input.secret))
      const { rows } = await sql<EndpointRow>`update sync_endpoint set previous_secret = secret,
          previous_secret_key_id = secret_key_id,
          previous_secret_until = clock_timestamp() + make_interval(secs => ${input.overlapMs / 1000}::float8),
          secret = ${sealed}, secret_key_id = ${keyId}, version = version + 1, updated_at = clock_timestamp()
        where id = ${input.endpointId} returning ${ENDPOINT_COLUMNS}`.execute(tx)
      await appendAudit(tx, [input.audit])
      return { kind: 'rotated', endpoint: toEndpoint(rows[0]!) }
    }),
  remove: (input) =>
    inTransaction(database, async (tx) => {
      // The removal locks the endpoint first, as the code that records a failure does. The other
      // order could deadlock. The first lock still allows new deliveries: their writers must not
      // wait while the removal waits for code that records a result. The second lock prevents new
      // deliveries.
      const own = await lockOwn(tx, input)
      if (own?.kind !== 'own') return own
      await lockDeliveries(tx, input.endpointId)
      await sql`select 1 from sync_endpoint where id = ${input.endpointId} for update`.execute(tx)
      await lockDeliveries(tx, input.endpointId)
      const { rows } = await sql<{ deliveries: number; pending: number }>`with gone as (
          delete from sync_delivery where endpoint_id = ${input.endpointId} returning state)
        select count(*)::int as deliveries, (count(*) filter (where state = 'pending'))::int as pending from gone`.execute(
        tx,
      )
      await sql`delete from sync_endpoint where id = ${input.endpointId}`.execute(tx)
      const { deliveries, pending } = rows[0]!
      await appendAudit(tx, [{ ...input.audit, counts: { deliveries, pendingGivenUp: pending } }])
      return { kind: 'removed' }
    }),
})

const createReplay =
  ({ database, outbox }: Deps): EndpointStore['replay'] =>
  (input) =>
    inTransaction(database, async (tx) => {
      const { rows } =
        await sql`select 1 from sync_delivery d join sync_endpoint e on e.id = d.endpoint_id
        where d.id = ${input.deliveryId} and e.id = ${input.endpointId} and e.tenant_id = ${input.tenantId}
        for update of d`.execute(tx)
      if (!rows[0]) return null
      // Read after the delivery is locked, because the endpoint may have been disabled or deleted
      // during the wait for the lock.
      const { rows: endpoints } = await sql<{ enabled: boolean }>`
        select enabled from sync_endpoint where id = ${input.endpointId}`.execute(tx)
      if (!endpoints[0]) return null
      if (!endpoints[0].enabled) return { kind: 'disabled' }
      const { rows: replayed } =
        await sql<DeliveryLogRow>`update sync_delivery set state = 'pending', attempts = 0,
          next_at = clock_timestamp(), settled_at = null
        where id = ${input.deliveryId} returning ${DELIVERY_LOG_COLUMNS}`.execute(tx)
      await outbox.enqueue(tx, input.deliveryId, 0)
      await appendAudit(tx, [input.audit])
      return { kind: 'replayed', delivery: toDelivery(replayed[0]!) }
    })

/**
 * Writes a test message. The lock prevents a deletion of the endpoint until the transaction ends.
 * Every other message is written under the same lock.
 */
const createTest =
  ({ database, outbox }: Deps): EndpointStore['test'] =>
  ({ tenantId, endpointId, audit }) =>
    inTransaction(database, async (tx) => {
      const { rows } = await sql<{ enabled: boolean; at: Date }>`
        select enabled, clock_timestamp() as at from sync_endpoint
        where id = ${endpointId} and tenant_id = ${tenantId} for key share`.execute(tx)
      const endpoint = rows[0]
      if (!endpoint) return null
      if (!endpoint.enabled) return { kind: 'disabled' }
      const tried = { tenantId, endpointId, at: endpoint.at.toISOString() }
      await outbox.tell(tx, [{ type: TEST_EVENT, tried }])
      await appendAudit(tx, [audit])
      const { rows: written } =
        await sql<DeliveryLogRow>`select ${DELIVERY_LOG_COLUMNS} from sync_delivery
        where endpoint_id = ${endpointId} and event_type = ${TEST_EVENT} order by id desc limit 1`.execute(
          tx,
        )
      return { kind: 'told', delivery: toDelivery(written[0]!) }
    })

/** The SQL store of the tenants' endpoints and of the log of their deliveries. */
export const createEndpointStore = (deps: Deps): EndpointStore => ({
  ...createReads(deps),
  ...createChanges(deps),
  create: createCreate(deps),
  replay: createReplay(deps),
  test: createTest(deps),
})
