import { sql } from 'kysely'

import type { GrantKind } from '../../domain/access/access.ts'
import type { QuotaName, Quotas } from '../../domain/access/quotas.ts'
import {
  GRANT_FIELDS,
  type GrantField,
  type Grants,
  type Tenant,
} from '../../domain/access/tenant.ts'
import type { TenantStore } from '../../workflows/ports/access/tenants.ts'
import { appendAudit } from '../audit/audit-store.ts'
import { lookBackAgain } from '../do-not-call/afterwards/look-back.ts'
import { RegistryUnknown, subscribe } from '../do-not-call/registries/subscriptions.ts'
import { inTransaction, type Database, type Db, type Tx } from '../homes/database.ts'
import { idOfCursor, pageOfRows } from '../homes/page-cursor.ts'
import type { Seals } from '../homes/seals.ts'
import { SqlFailure } from '../homes/sql-failure.ts'
import { answerClaim } from '../uploads/stored-answer.ts'
import {
  PERIODS,
  QUOTA_COLUMNS,
  quotasOf,
  type QuotaRow,
  USE_COLUMNS,
  type UseRow,
  useOf,
} from './use-store.ts'

type TenantRow = QuotaRow &
  UseRow & {
    id: string
    name: string
    version: number
    created_at: Date
    updated_at: Date
    grants: Partial<Record<GrantKind, string[]>> | null
    registries: string[]
  }

/** Another call took over the claim. Thrown to undo everything that was written. */
class ClaimLost extends Error {
  override readonly name = 'ClaimLost'
}

const COLUMNS = sql`tenant.id, ${QUOTA_COLUMNS}, ${USE_COLUMNS}, coalesce(name, id) as name, version, created_at, updated_at,
  (select jsonb_object_agg(kind, ids) from (select kind, jsonb_agg(object_id order by object_id collate "C") as ids
    from tenant_grant where tenant_id = tenant.id group by kind) as of_kind) as grants,
  array(select registry from tenant_registry where tenant_id = tenant.id order by registry) as registries`

const FIELDS = Object.entries(GRANT_FIELDS) as [GrantField, GrantKind][]

const toTenant = (row: TenantRow): Tenant => {
  const idsOf = (kind: GrantKind): '*' | string[] => {
    const ids = row.grants?.[kind] ?? []
    return ids.includes('*') ? '*' : ids
  }
  return {
    id: row.id,
    name: row.name,
    grants: Object.fromEntries(FIELDS.map(([field, kind]) => [field, idsOf(kind)])) as Grants,
    registries: row.registries,
    quotas: quotasOf(row),
    use: useOf(row),
    version: row.version,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
  }
}

const read = async (db: Db, tenantId: string): Promise<Tenant | null> => {
  const { rows } =
    await sql<TenantRow>`select ${COLUMNS} from tenant, (${PERIODS}) as periods where id = ${tenantId}`.execute(
      db,
    )
  return rows[0] ? toTenant(rows[0]) : null
}

const tenantNamed = async (db: Db, name: string): Promise<string | null> => {
  const { rows } = await sql<{ id: string }>`select id from tenant
    where coalesce(name, id) = ${name}`.execute(db)
  return rows[0]?.id ?? null
}

/** Replaces the grants of each kind that is given. The other kinds keep their grants. */
const writeGrants = async (tx: Tx, tenantId: string, grants: Partial<Grants>): Promise<void> => {
  for (const [field, kind] of FIELDS) {
    const given = grants[field]
    if (given === undefined) continue
    const ids = given === '*' ? ['*'] : [...new Set(given)].toSorted()
    await sql`delete from tenant_grant where tenant_id = ${tenantId} and kind = ${kind}
      and object_id <> all(${ids}::text[])`.execute(tx)
    const { rows: added } = await sql`insert into tenant_grant (tenant_id, kind, object_id)
      select ${tenantId}, ${kind}, id from unnest(${ids}::text[]) as id on conflict do nothing
      returning object_id`.execute(tx)
    // Earlier do-not-call entries of the tenant may now apply to a list to which they did not apply
    // when they were accepted.
    if (kind === 'contact_list' && added.length > 0) await lookBackAgain(tx, tenantId)
  }
}

const QUOTA_NAMES = {
  rowsPerDay: sql.ref('rows_per_day'),
  openUploads: sql.ref('open_uploads'),
  requestsPerMinute: sql.ref('requests_per_minute'),
} as const satisfies Record<QuotaName, unknown>

/** Sets the given quotas. null removes a quota. Other quotas stay. */
const writeQuotas = async (tx: Tx, tenantId: string, quotas: Partial<Quotas>): Promise<void> => {
  for (const [name, limit] of Object.entries(quotas) as [QuotaName, number | null][]) {
    await sql`update tenant set ${QUOTA_NAMES[name]} = ${limit} where id = ${tenantId}`.execute(tx)
  }
}

type Deps = { database: Database; seals: Seals }

const createCreate =
  ({ database, seals }: Deps): TenantStore['create'] =>
  async (input) => {
    const { id, name, claim } = input
    const { rowsPerDay, openUploads, requestsPerMinute } = input.quotas
    try {
      return await inTransaction(database, async (tx) => {
        const { rows: made } =
          await sql`insert into tenant (id, name, rows_per_day, open_uploads, requests_per_minute)
          values (${id}, ${name}, ${rowsPerDay}, ${openUploads}, ${requestsPerMinute})
          on conflict (coalesce(name, id)) do nothing returning id`.execute(tx)
        if (made.length === 0) {
          return { kind: 'name_taken', tenantId: (await tenantNamed(tx, name)) ?? '' }
        }
        await writeGrants(tx, id, input.grants)
        await subscribe(tx, id, input.registries)
        const answer = input.answerOf((await read(tx, id))!)
        const kept = { fingerprint: input.fingerprint, ...answer }
        if (!(await answerClaim(tx, seals, claim, kept))) throw new ClaimLost()
        await appendAudit(tx, [input.audit])
        return { kind: 'created', answer }
      })
    } catch (error) {
      if (error instanceof ClaimLost) return { kind: 'claim_lost' }
      if (error instanceof RegistryUnknown)
        return { kind: 'registry_unknown', name: error.registry }
      throw error
    }
  }

const orRegistryUnknown = async <T>(
  work: () => Promise<T>,
): Promise<T | { kind: 'registry_unknown'; name: string }> => {
  try {
    return await work()
  } catch (error) {
    if (error instanceof RegistryUnknown) return { kind: 'registry_unknown', name: error.registry }
    throw error
  }
}

/**
 * Runs `work` again if the index on names undid it, because another call has just committed the
 * same name. `work` then finds that name, and refuses it.
 */
const againIfNameTaken = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    if (error instanceof SqlFailure && error.constraint === 'tenant_name') return work()
    throw error
  }
}

const createChange =
  ({ database }: Deps): TenantStore['change'] =>
  ({ tenantId, version, change, audit }) => {
    const work = (): ReturnType<TenantStore['change']> =>
      inTransaction(database, async (tx) => {
        const { rows } = await sql<{ version: number }>`select version from tenant
        where id = ${tenantId} for no key update`.execute(tx)
        if (!rows[0]) return null
        if (rows[0].version !== version) return { kind: 'stale' }
        const { name } = change
        if (name !== undefined) {
          const known = await tenantNamed(tx, name)
          if (known !== null && known !== tenantId) return { kind: 'name_taken', tenantId: known }
        }
        await sql`update tenant set name = coalesce(${name ?? null}::text, name), version = version + 1,
        updated_at = clock_timestamp() where id = ${tenantId}`.execute(tx)
        await writeQuotas(tx, tenantId, change.quotas ?? {})
        await writeGrants(tx, tenantId, change.grants ?? {})
        if (change.registries !== undefined) await subscribe(tx, tenantId, change.registries)
        await appendAudit(tx, [audit])
        return { kind: 'changed', tenant: (await read(tx, tenantId))! }
      })
    return orRegistryUnknown(() => againIfNameTaken(work))
  }

/** The SQL store of the tenants and their grants. */
export const createTenantStore = (deps: Deps): TenantStore => ({
  create: createCreate(deps),
  find: (tenantId) => read(deps.database.db, tenantId),
  list: async ({ limit, cursor, name }) => {
    const before = cursor === null ? null : idOfCursor(cursor)
    if (cursor !== null && before === null) return null
    const older = before === null ? sql`` : sql`and id < ${before}`
    const named = name === undefined ? sql`` : sql`and coalesce(name, id) = ${name}`
    const { rows } =
      await sql<TenantRow>`select ${COLUMNS} from tenant, (${PERIODS}) as periods where true ${older} ${named}
      order by id desc limit ${limit + 1}`.execute(deps.database.db)
    return pageOfRows(rows.map(toTenant), limit)
  },
  change: createChange(deps),
})
