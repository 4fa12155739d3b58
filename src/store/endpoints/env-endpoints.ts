import { sql } from 'kysely'

import { DEFAULT_TENANT } from '../../domain/access/tenant.ts'
import type { Ids } from '../../lib/ids.ts'
import type { SyncStore } from '../../workflows/ports/endpoints/sync.ts'
import { inTransaction, type Database } from '../homes/database.ts'
import type { Keyring } from '../homes/keyring.ts'
import { secretContext } from './endpoint-row.ts'

/** The part of the SQL store that keeps the endpoints from the environment. */
export const createEnvEndpoints = (deps: {
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
      // Other transactions lock several endpoints in the order of their ids. Without this, the
      // statements below could deadlock with them.
      await sql`select 1 from sync_endpoint where tenant_id = ${DEFAULT_TENANT}
        order by id for no key update`.execute(tx)
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
