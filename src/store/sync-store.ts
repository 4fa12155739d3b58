import { sql } from 'kysely'

import type { SyncStore } from '../workflows/ports/platform.ts'
import { DEFAULT_TENANT } from './access-store.ts'
import { appendAudit } from './audit-store.ts'
import { inTransaction, type Database } from './database.ts'
import type { Keyring } from './keyring.ts'
import type { Outbox } from './outbox.ts'

type DeliveryRow = {
  id: string
  tenant_id: string
  endpoint_name: string
  url: string
  secret: Buffer
  secret_key_id: string
  event_type: string
  object: string
  body: string
  attempts: number
  created_at: Date
}

const secretContext = (tenantId: string, name: string): string => `endpoint:${tenantId}:${name}`

/** Overdue deliveries taken in one round of the sweep. */
const OVERDUE_AT_ONCE = 500

const createEnvEndpoints = (deps: {
  database: Database
  keyring: Keyring
}): Pick<SyncStore, 'ensureEnvEndpoints'> => ({
  ensureEnvEndpoints: async (endpoints) => {
    const sealed = endpoints.map(({ name, url, secret }) => ({
      name,
      url,
      secret: deps.keyring.seal(secretContext(DEFAULT_TENANT, name), Buffer.from(secret)),
    }))
    const names = endpoints.map(({ name }) => name)
    await inTransaction(deps.database, async (tx) => {
      await sql`insert into tenant (id) values (${DEFAULT_TENANT}) on conflict do nothing`.execute(
        tx,
      )
      await sql`update sync_endpoint set enabled = false where source = 'environment'
          and tenant_id = ${DEFAULT_TENANT} and name <> all(${names}::text[])`.execute(tx)
      for (const { name, url, secret } of sealed) {
        await sql`insert into sync_endpoint (tenant_id, name, url, secret, secret_key_id, source)
            values (${DEFAULT_TENANT}, ${name}, ${url}, ${secret.sealed}, ${secret.keyId}, 'environment')
            on conflict (tenant_id, name) do update set url = excluded.url, secret = excluded.secret,
              secret_key_id = excluded.secret_key_id, source = 'environment', enabled = true`.execute(
          tx,
        )
      }
    })
  },
})

export const createSyncStore = (deps: {
  database: Database
  keyring: Keyring
  outbox: Outbox
}): SyncStore => {
  const { db } = deps.database
  return {
    ...createEnvEndpoints(deps),
    load: async (deliveryId) => {
      const { rows } =
        await sql<DeliveryRow>`select d.id, d.tenant_id, d.endpoint_name, e.url, e.secret, e.secret_key_id,
          d.event_type, d.object, d.body, d.attempts, d.created_at
        from sync_delivery d join sync_endpoint e on e.tenant_id = d.tenant_id and e.name = d.endpoint_name
        where d.id = ${deliveryId} and d.state = 'pending' and e.enabled`.execute(db)
      const row = rows[0]
      if (!row) return null
      const context = secretContext(row.tenant_id, row.endpoint_name)
      return {
        id: row.id,
        tenantId: row.tenant_id,
        endpointName: row.endpoint_name,
        url: row.url,
        secret: deps.keyring.open(context, row.secret_key_id, row.secret).toString(),
        eventType: row.event_type,
        object: row.object,
        body: row.body,
        attempts: row.attempts,
        createdAt: row.created_at,
      }
    },
    record: (deliveryId, result) =>
      inTransaction(deps.database, async (tx) => {
        const nextIn = result.state === 'pending' ? result.nextInMs : 0
        const { rows } =
          await sql`update sync_delivery set state = ${result.state}, attempts = attempts + 1,
            last_status = ${result.status}::int,
            next_at = clock_timestamp() + make_interval(secs => ${nextIn / 1000}::float8),
            settled_at = case when ${result.state === 'pending'} then null else clock_timestamp() end
          where id = ${deliveryId} and state = 'pending' returning id`.execute(tx)
        if (rows.length === 0) return
        if (result.state === 'pending') await deps.outbox.enqueue(tx, deliveryId, nextIn)
        else await appendAudit(tx, [result.audit])
      }),
    overdue: async (graceMs) => {
      const { rows } = await sql<{ id: string }>`select d.id from sync_delivery d
        join sync_endpoint e on e.tenant_id = d.tenant_id and e.name = d.endpoint_name and e.enabled
        where d.state = 'pending' and d.next_at < clock_timestamp() - make_interval(secs => ${graceMs / 1000}::float8)
        order by d.next_at limit ${OVERDUE_AT_ONCE}`.execute(db)
      return rows.map(({ id }) => id)
    },
  }
}
