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

/** Thrown to undo everything that was written. */
class Undone extends Error {
  readonly kind: 'claim_lost' | 'taken'
  constructor(kind: Undone['kind']) {
    super(kind)
    this.kind = kind
  }
}

/**
 * Makes the tenant the owner of the list. Throws `Undone` if the list was made for another call: a
 * search by name may find a list that another call has made a moment ago.
 */
const own = async (
  tx: Tx,
  seals: Seals,
  scope: ProvisioningScope,
  listId: string,
): Promise<void> => {
  const { rows } = await sql`insert into list_made (list_id, tenant_id)
    select ${listId}, ${scope.tenantId} where not exists (select from list_intent
      where list_id = ${listId} and not (${within(seals, scope)}))
    on conflict do nothing returning list_id`.execute(tx)
  if (rows.length === 0) throw new Undone('taken')
}

const createFinish =
  (database: Database, seals: Seals): ProvisioningStore['finish'] =>
  async ({ scope, owner, fingerprint, listId, answer, audit }) => {
    try {
      await inTransaction(database, async (tx) => {
        const kept = { fingerprint, ...answer }
        if (!(await answerClaim(tx, seals, { ...scope, owner }, kept))) {
          throw new Undone('claim_lost')
        }
        await own(tx, seals, scope, listId)
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
      })
      return 'finished'
    } catch (error) {
      if (error instanceof Undone) return error.kind
      throw error
    }
  }

/** The SQL store for the creation of contact lists. */
export const createProvisioningStore = ({
  database,
  seals,
}: {
  database: Database
  seals: Seals
}): ProvisioningStore => ({
  intentOf: async (scope) => {
    const { rows } = await sql<{
      fingerprint: string
      age_ms: number
      list_id: string | null
    }>`select fingerprint, list_id,
        greatest(0, extract(epoch from clock_timestamp() - intended_at) * 1000)::float8 as age_ms
      from list_intent where ${within(seals, scope)}`.execute(database.db)
    const row = rows[0]
    if (row === undefined) return null
    const { fingerprint, age_ms: ageMs, list_id: listId } = row
    return { fingerprint, ageMs: Math.round(ageMs), listId }
  },
  intend: ({ tenantId, method, path, key }, fingerprint, audit) =>
    inTransaction(database, async (tx) => {
      await sql`insert into list_intent (tenant_id, method, path, key_digest, fingerprint)
        values (${tenantId}, ${method}, ${path}, ${seals.keyDigest(key)}, ${fingerprint})
        on conflict (tenant_id, method, path, key_digest) do update set fingerprint = excluded.fingerprint,
          intended_at = clock_timestamp()`.execute(tx)
      await appendAudit(tx, [audit])
    }),
  noteMade: async (scope, listId) => {
    await sql`update list_intent set list_id = ${listId} where ${within(seals, scope)}`.execute(
      database.db,
    )
  },
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
      union select list_id from list_intent where list_id = any(${ids})
      union select object_id from tenant_grant where kind = 'contact_list' and object_id = any(${ids})
        and tenant_id <> ${tenantId}`.execute(database.db)
    return rows.map(({ id }) => id)
  },
  finish: createFinish(database, seals),
})
