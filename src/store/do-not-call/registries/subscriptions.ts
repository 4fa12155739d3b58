import { sql } from 'kysely'

import type { Tx } from '../../homes/database.ts'

/**
 * A tenant cannot use a registry that does not exist. If you catch this error, undo the
 * transaction.
 */
export class RegistryUnknown extends Error {
  override readonly name = 'RegistryUnknown'
  readonly registry: string
  constructor(registry: string) {
    super(`There is no registry ${registry}`)
    this.registry = registry
  }
}

/**
 * Sets the registries that a tenant uses. Throws `RegistryUnknown` if one of them does not exist. A
 * registry that is new for the tenant has the effects of a new edition: the tenant's epoch is
 * raised, rows in flight are looked up again, and contacts that were delivered before are searched
 * for.
 */
export const subscribe = async (
  tx: Tx,
  tenantId: string,
  registries: readonly string[],
): Promise<void> => {
  const names = [...registries].toSorted()
  // Locked, because another transaction may bring an edition into force at the same moment. Either
  // the other transaction sees the new tenant, or this one sees the edition.
  const { rows } = await sql<{
    name: string
    current: string | null
  }>`select name, current_edition as current from registry
    where name = any(${names}::text[]) order by name for share`.execute(tx)
  const known = new Map(rows.map(({ name, current }) => [name, current]))
  const missing = names.find((name) => !known.has(name))
  if (missing !== undefined) throw new RegistryUnknown(missing)
  await sql`delete from tenant_registry where tenant_id = ${tenantId} and registry <> all(${names}::text[])`.execute(
    tx,
  )
  const { rows: added } = await sql<{
    registry: string
  }>`insert into tenant_registry (tenant_id, registry)
    select ${tenantId}, name from unnest(${names}::text[]) as name order by name on conflict do nothing returning registry`.execute(
    tx,
  )
  const editions = added.flatMap(({ registry }) => known.get(registry) ?? [])
  if (added.length === 0) return
  const { rows: raised } = await sql<{
    epoch: string
  }>`insert into suppression_epoch as s (tenant_id, epoch) values (${tenantId}, 1)
    on conflict (tenant_id) do update set epoch = s.epoch + 1 returning epoch`.execute(tx)
  await sql`insert into registry_switch (tenant_id, epoch, edition)
    select ${tenantId}, ${raised[0]!.epoch}::bigint, e from unnest(${editions}::bigint[]) as e`.execute(
    tx,
  )
  await sql`insert into registry_look_back (edition, tenant_id) select e, ${tenantId} from unnest(${editions}::bigint[]) as e`.execute(
    tx,
  )
}
