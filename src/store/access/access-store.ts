import { sql } from 'kysely'

import { GRANT_KINDS } from '../../domain/access/access.ts'
import { DEFAULT_TENANT } from '../../domain/access/tenant.ts'
import { type AuditEntry, byGateway, createAuditEntry } from '../../domain/audit/audit.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Ids } from '../../lib/ids.ts'
import type { AccessStore } from '../../workflows/ports/access/access.ts'
import { appendAudit } from '../audit/audit-store.ts'
import { inTransaction, type Database } from '../homes/database.ts'
import { type ApiKeyRow, toApiKey } from './api-key-row.ts'

type Deps = { database: Database; clock: Clock; ids: Ids }

const keyCreated = (ids: Ids, keyId: string, scopes: readonly string[]): AuditEntry =>
  createAuditEntry(ids, byGateway({ tenantId: DEFAULT_TENANT, requestId: 'start' }), {
    action: 'key.created',
    details: { scopes: [...scopes], expiresAt: null },
    object: keyId,
  })

/**
 * The use of a key is noted at most once in this time. A key in constant use causes one small write
 * a minute in each instance.
 */
const NOTED_EVERY_MS = 60_000
const NOTED_KEYS = 10_000

const createNoteUse = ({ database, clock }: Deps): AccessStore['noteUse'] => {
  const noted = new Map<string, number>()
  return (keyId) => {
    const nowMs = clock.monotonicMs()
    if (nowMs - (noted.get(keyId) ?? -Infinity) < NOTED_EVERY_MS) return
    if (noted.size >= NOTED_KEYS) noted.clear()
    noted.set(keyId, nowMs)
    // No caller waits for this statement. If the database cannot be reached, the call itself fails
    // anyway.
    sql`update api_key set last_used_at = date_trunc('minute', clock_timestamp()) where id = ${keyId}`
      .execute(database.db)
      .catch(() => noted.delete(keyId))
  }
}

const createEnsureAdmin =
  ({ database, ids }: Deps): AccessStore['ensureAdmin'] =>
  (input) =>
    inTransaction(database, async (tx) => {
      await sql`insert into tenant (id) values (${DEFAULT_TENANT}) on conflict do nothing`.execute(
        tx,
      )
      for (const kind of GRANT_KINDS) {
        await sql`insert into tenant_grant (tenant_id, kind, object_id) values (${DEFAULT_TENANT}, ${kind}, '*')
          on conflict do nothing`.execute(tx)
      }
      await sql`update api_key set revoked_at = clock_timestamp()
        where source = 'environment' and digest <> ${input.digest} and revoked_at is null`.execute(
        tx,
      )
      const keyId = ids.newId('key')
      const { rows } = await sql<{
        id: string
      }>`insert into api_key (id, tenant_id, digest, scopes, source)
        values (${keyId}, ${DEFAULT_TENANT}, ${input.digest}, ${[...input.scopes]}::text[], 'environment')
        on conflict (digest) do update set scopes = excluded.scopes, revoked_at = null
        returning id`.execute(tx)
      if (rows[0]?.id === keyId) await appendAudit(tx, [keyCreated(ids, keyId, input.scopes)])
    })

/**
 * The SQL store that finds keys and grants. Reads them from the database at every call, so a
 * revoked key or a removed grant counts immediately.
 */
export const createAccessStore = (deps: Deps): AccessStore => ({
  findKey: async (digest) => {
    const { rows } = await sql<ApiKeyRow>`select id, tenant_id, scopes, expires_at, revoked_at
      from api_key where digest = ${digest}`.execute(deps.database.db)
    return rows[0] ? toApiKey(rows[0]) : null
  },
  noteUse: createNoteUse(deps),
  ensureAdmin: createEnsureAdmin(deps),
  isGranted: async (tenantId, kind, objectId) => {
    const { rows } = await sql`select 1 from tenant_grant
      where tenant_id = ${tenantId} and kind = ${kind} and object_id in (${objectId}, '*') limit 1`.execute(
      deps.database.db,
    )
    return rows.length === 1
  },
})
