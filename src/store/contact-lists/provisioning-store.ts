import { sql } from 'kysely'

import type {
  ProvisioningScope,
  ProvisioningStore,
} from '../../workflows/ports/contact-lists/provisioning.ts'
import { appendAudit } from '../audit/audit-store.ts'
import { inTransaction, type Database, type Tx } from '../homes/database.ts'
import type { Seals } from '../homes/seals.ts'
import { answerClaim } from '../uploads/stored-answer.ts'

const within = (seals: Seals, { tenantId, method, path, key }: ProvisioningScope) =>
  sql`tenant_id = ${tenantId} and method = ${method} and path = ${path} and key_digest = ${seals.keyDigest(key)}`

const endIntent = async (tx: Tx, seals: Seals, scope: ProvisioningScope): Promise<void> => {
  await sql`delete from list_intent where ${within(seals, scope)}`.execute(tx)
}

const createFinish =
  (database: Database, seals: Seals): ProvisioningStore['finish'] =>
  ({ scope, owner, fingerprint, listId, answer, audit }) =>
    inTransaction(database, async (tx) => {
      const kept = { fingerprint, ...answer }
      if (!(await answerClaim(tx, seals, { ...scope, owner }, kept))) return false
      await sql`insert into list_made (list_id, tenant_id) values (${listId}, ${scope.tenantId})
        on conflict do nothing`.execute(tx)
      // If-Match protects the grants too, so a new grant raises the version of the tenant.
      await sql`with granted as (insert into tenant_grant (tenant_id, kind, object_id)
        select ${scope.tenantId}, 'contact_list', ${listId}
        where not exists (select from tenant_grant
          where tenant_id = ${scope.tenantId} and kind = 'contact_list' and object_id = '*')
        on conflict do nothing returning tenant_id)
        update tenant set version = version + 1, updated_at = clock_timestamp()
        from granted where tenant.id = granted.tenant_id`.execute(tx)
      await endIntent(tx, seals, scope)
      await appendAudit(tx, [audit])
      return true
    })

/** The SQL store for the creation of contact lists. */
export const createProvisioningStore = ({
  database,
  seals,
}: {
  database: Database
  seals: Seals
}): ProvisioningStore => ({
  intentOf: async (scope) => {
    const { rows } = await sql<{ fingerprint: string; age_ms: number }>`select fingerprint,
        greatest(0, extract(epoch from clock_timestamp() - intended_at) * 1000)::float8 as age_ms
      from list_intent where ${within(seals, scope)}`.execute(database.db)
    const row = rows[0]
    return row ? { fingerprint: row.fingerprint, ageMs: Math.round(row.age_ms) } : null
  },
  intend: ({ tenantId, method, path, key }, fingerprint, audit) =>
    inTransaction(database, async (tx) => {
      await sql`insert into list_intent (tenant_id, method, path, key_digest, fingerprint)
        values (${tenantId}, ${method}, ${path}, ${seals.keyDigest(key)}, ${fingerprint})
        on conflict (tenant_id, method, path, key_digest) do update set fingerprint = excluded.fingerprint,
          intended_at = clock_timestamp()`.execute(tx)
      await appendAudit(tx, [audit])
    }),
  forget: (scope, audit) =>
    inTransaction(database, async (tx) => {
      await endIntent(tx, seals, scope)
      await appendAudit(tx, [audit])
    }),
  taken: async (tenantId, listIds) => {
    const ids = sql`${[...listIds]}::text[]`
    const { rows } = await sql<{
      id: string
    }>`select list_id as id from list_made where list_id = any(${ids})
      union select object_id from tenant_grant where kind = 'contact_list' and object_id = any(${ids})
        and tenant_id <> ${tenantId}`.execute(database.db)
    return rows.map(({ id }) => id)
  },
  finish: createFinish(database, seals),
})
