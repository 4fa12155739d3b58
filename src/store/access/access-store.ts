import { sql } from 'kysely'

import { GRANT_KINDS } from '../../domain/access/access.ts'
import { DEFAULT_TENANT } from '../../domain/access/tenant.ts'
import { type AuditEntry, byGateway, createAuditEntry } from '../../domain/audit/audit.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Ids } from '../../lib/ids.ts'
import type { AccessStore } from '../../workflows/ports/access/access.ts'
import { appendAudit } from '../audit/audit-store.ts'
import { inTransaction, type Database, type Tx } from '../homes/database.ts'
import { type ApiKeyRow, toApiKey } from './api-key-row.ts'

type Deps = { database: Database; clock: Clock; ids: Ids }

type AdminKey = Parameters<AccessStore['ensureAdmin']>[0]

const atStart = (ids: Ids, about: Parameters<typeof createAuditEntry>[2]): AuditEntry =>
  createAuditEntry(ids, byGateway({ tenantId: DEFAULT_TENANT, requestId: 'start' }), about)

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

const ensureDefaultTenant = async (tx: Tx): Promise<void> => {
  await sql`insert into tenant (id) values (${DEFAULT_TENANT}) on conflict do nothing`.execute(tx)
  for (const kind of GRANT_KINDS) {
    await sql`insert into tenant_grant (tenant_id, kind, object_id) values (${DEFAULT_TENANT}, ${kind}, '*')
      on conflict do nothing`.execute(tx)
  }
  // Starts with different admin keys wait for each other here.
  await sql`select from tenant where id = ${DEFAULT_TENANT} for no key update`.execute(tx)
}

/**
 * Makes the key valid. Returns its id if it was not valid before. Throws if the gateway issued the
 * key: whoever has it would become an admin, even after ADMIN_API_KEY is changed again.
 */
const admit = async (tx: Tx, ids: Ids, { digest, scopes }: AdminKey): Promise<string | null> => {
  const { rows } = await sql<{ id: string; source: string; revoked_at: Date | null }>`
    select id, source, revoked_at from api_key where digest = ${digest}`.execute(tx)
  const [present] = rows
  if (present === undefined) {
    const keyId = ids.newId('key')
    await sql`insert into api_key (id, tenant_id, digest, scopes, source)
      values (${keyId}, ${DEFAULT_TENANT}, ${digest}, ${[...scopes]}::text[], 'environment')`.execute(
      tx,
    )
    return keyId
  }
  if (present.source !== 'environment') {
    throw new Error(
      `ADMIN_API_KEY is the key ${present.id}, which the gateway issued. Set a new key that is used for nothing else, for example the output of "openssl rand -hex 32"`,
    )
  }
  await sql`update api_key set scopes = ${[...scopes]}::text[], revoked_at = null
    where id = ${present.id}`.execute(tx)
  return present.revoked_at === null ? null : present.id
}

const createEnsureAdmin =
  ({ database, ids }: Deps): AccessStore['ensureAdmin'] =>
  (input) =>
    inTransaction(database, async (tx) => {
      await ensureDefaultTenant(tx)
      const { rows: ended } = await sql<{ id: string }>`update api_key
        set revoked_at = clock_timestamp()
        where source = 'environment' and digest <> ${input.digest} and revoked_at is null
        returning id`.execute(tx)
      const admitted = await admit(tx, ids, input)
      const entries = ended.map(({ id }) => atStart(ids, { action: 'key.revoked', object: id }))
      if (admitted !== null) {
        const details = { scopes: [...input.scopes], expiresAt: null }
        entries.push(atStart(ids, { action: 'key.created', details, object: admitted }))
      }
      if (entries.length > 0) await appendAudit(tx, entries)
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
