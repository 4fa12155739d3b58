import { sql } from 'kysely'

import type { Scope } from '../../domain/access/access.ts'
import type { IssuedKey } from '../../domain/access/issued-key.ts'
import type { KeyStore } from '../../workflows/ports/access/keys.ts'
import { appendAudit } from '../audit/audit-store.ts'
import { inTransaction, type Database, type Tx } from '../homes/database.ts'
import { idOfCursor, pageOfRows } from '../homes/page-cursor.ts'

type KeyRow = {
  id: string
  tenant_id: string
  name: string
  prefix: string
  scopes: Scope[]
  source: IssuedKey['source']
  created_at: Date
  expires_at: Date | null
  revoked_at: Date | null
  last_used_at: Date | null
  replaced_by: string | null
}

const COLUMNS = sql`id, tenant_id, name, prefix, scopes, source, created_at, expires_at, revoked_at, last_used_at, replaced_by`

const toKey = (row: KeyRow): IssuedKey => ({
  id: row.id,
  tenantId: row.tenant_id,
  name: row.name,
  prefix: row.prefix,
  scopes: row.scopes,
  source: row.source,
  createdAt: row.created_at.toISOString(),
  expiresAt: row.expires_at?.toISOString() ?? null,
  revokedAt: row.revoked_at?.toISOString() ?? null,
  lastUsedAt: row.last_used_at?.toISOString() ?? null,
  replacedBy: row.replaced_by,
})

type Deps = { database: Database }

/** A key that was made until the year 9999 is not rotated into the year 10000. */
const LATEST = sql`timestamptz '9999-12-31T23:59:59.999Z'`

const createCreate =
  ({ database }: Deps): KeyStore['create'] =>
  ({ key, tenantId, name, scopes, expiresAt, audit }) =>
    inTransaction(database, async (tx) => {
      const { rows: tenants } = await sql<{ past: boolean | null }>`select
        ${expiresAt}::timestamptz <= clock_timestamp() as past from tenant where id = ${tenantId}`.execute(
        tx,
      )
      if (!tenants[0]) return { kind: 'tenant_unknown' }
      if (tenants[0].past === true) return { kind: 'past' }
      const { rows } =
        await sql<KeyRow>`insert into api_key (id, tenant_id, name, digest, prefix, scopes, source,
          expires_at, lives)
        values (${key.id}, ${tenantId}, ${name}, ${key.digest}, ${key.prefix}, ${[...scopes]}::text[], 'issued',
          ${expiresAt}, ${expiresAt}::timestamptz - clock_timestamp()) returning ${COLUMNS}`.execute(
          tx,
        )
      await appendAudit(tx, [audit])
      return { kind: 'created', key: toKey(rows[0]!) }
    })

const lockKey = async (tx: Tx, keyId: string): Promise<(KeyRow & { live: boolean }) | null> => {
  const { rows } = await sql<KeyRow & { live: boolean }>`select ${COLUMNS},
      revoked_at is null and replaced_by is null and coalesce(expires_at > clock_timestamp(), true) as live
    from api_key where id = ${keyId} for update`.execute(tx)
  return rows[0] ?? null
}

const createRotate =
  ({ database }: Deps): KeyStore['rotate'] =>
  ({ keyId, key, overlapHours, audit }) =>
    inTransaction(database, async (tx) => {
      const present = await lockKey(tx, keyId)
      if (present === null) return null
      if (present.source === 'environment') return { kind: 'fixed' }
      if (!present.live) return { kind: 'ended', replacedBy: present.replaced_by }
      const { rows } =
        await sql<KeyRow>`insert into api_key (id, tenant_id, name, digest, prefix, scopes, source,
          expires_at, lives)
        select ${key.id}, tenant_id, name, ${key.digest}, ${key.prefix}, scopes, source,
          case when lives is not null then least(clock_timestamp() + lives, ${LATEST}) end, lives from api_key where id = ${keyId} returning ${COLUMNS}`.execute(
          tx,
        )
      // least() ignores the null of a key that never expires.
      await sql`update api_key set replaced_by = ${key.id},
          expires_at = least(expires_at, clock_timestamp() + make_interval(hours => ${overlapHours}::int))
        where id = ${keyId}`.execute(tx)
      await appendAudit(tx, [audit(present.tenant_id)])
      return { kind: 'rotated', key: toKey(rows[0]!) }
    })

const createRevoke =
  ({ database }: Deps): KeyStore['revoke'] =>
  ({ keyId, audit }) =>
    inTransaction(database, async (tx) => {
      const present = await lockKey(tx, keyId)
      if (present === null) return null
      if (present.source === 'environment') return { kind: 'fixed' }
      if (present.revoked_at === null) {
        await sql`update api_key set revoked_at = clock_timestamp() where id = ${keyId}`.execute(tx)
        await appendAudit(tx, [audit(present.tenant_id)])
      }
      return { kind: 'revoked' }
    })

/** The SQL store of the keys of all tenants. */
export const createKeyStore = (deps: Deps): KeyStore => ({
  create: createCreate(deps),
  find: async (keyId) => {
    const { rows } = await sql<KeyRow>`select ${COLUMNS} from api_key where id = ${keyId}`.execute(
      deps.database.db,
    )
    return rows[0] ? toKey(rows[0]) : null
  },
  list: async ({ limit, cursor, tenantId }) => {
    const before = cursor === null ? null : idOfCursor(cursor)
    if (cursor !== null && before === null) return null
    const older = before === null ? sql`` : sql`and id < ${before}`
    const ofTenant = tenantId === undefined ? sql`` : sql`and tenant_id = ${tenantId}`
    const { rows } =
      await sql<KeyRow>`select ${COLUMNS} from api_key where true ${older} ${ofTenant}
      order by id desc limit ${limit + 1}`.execute(deps.database.db)
    return pageOfRows(rows.map(toKey), limit)
  },
  rotate: createRotate(deps),
  revoke: createRevoke(deps),
})
