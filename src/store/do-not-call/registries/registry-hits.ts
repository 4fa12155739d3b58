import { sql, type RawBuilder } from 'kysely'

import type { RegistryLook } from '../../../domain/do-not-call/registries/registry.ts'
import type { Suppression, SuppressionEpochs } from '../../../domain/do-not-call/suppression.ts'
import { REASON_NUMBERS } from '../../../domain/do-not-call/suppression.ts'
import { DIGEST_BYTES } from '../../../lib/keyed-digest.ts'
import {
  RegistryStale,
  SuppressionUnknown,
} from '../../../workflows/ports/do-not-call/suppressions.ts'
import { CERTAIN_NOW } from '../../clock/steady-time.ts'
import type { Db } from '../../homes/database.ts'
import { tenantsOf } from '../standing-entries.ts'

/** What the configuration states about registries. */
export type RegistryRules = {
  /**
   * The greatest allowed age of an edition for this country, in days. It applies if the registry
   * itself sets no limit.
   */
  ageDaysOf(country: string): number
  /**
   * The countries whose contacts may be called only after a look-up in a registry. The value is the
   * name of this registry.
   */
  required: ReadonlyMap<string, string>
}

export const NO_RULES: RegistryRules = { ageDaysOf: () => 31, required: new Map() }

/**
 * Whether an edition came into force for a tenant of the list since the look-up of the
 * upload's rows.
 */
export const MOVED_SINCE = (
  listId: RawBuilder<unknown>,
  registries: RawBuilder<unknown>,
): RawBuilder<unknown> => sql`exists (select from registry_switch w
    where w.tenant_id in (${tenantsOf(listId)}) and w.epoch > coalesce((${registries} -> 'epochs' ->> w.tenant_id)::bigint, 0))`

/** Whether a tenant of the list uses a registry. */
export const USES_REGISTRY = (listId: string | RawBuilder<unknown>): RawBuilder<unknown> =>
  sql`exists (select from tenant_registry where tenant_id in (${tenantsOf(listId)}))`

/**
 * Whether a tenant of the list has begun to use a registry since the upload arrived. If the upload
 * had no look-up, no epoch had been raised when it arrived. Beginning to use a registry raises one.
 */
const usesNow = async (db: Db, listId: string, epochs: SuppressionEpochs): Promise<boolean> => {
  if (!Object.values(epochs).some((epoch) => epoch > 0)) return false
  const { rows } = await sql<{ uses: boolean }>`select ${USES_REGISTRY(listId)} as uses`.execute(db)
  return rows[0]!.uses
}

/** Returns only the digests that a look-up after intake has found in editions. */
export const hitsAmong = async (
  db: Db,
  uploadId: string,
  digests: Buffer,
): Promise<Map<string, Suppression>> => {
  const uuids = new Set<string>()
  for (let at = 0; at < digests.length; at += DIGEST_BYTES) {
    uuids.add(digests.toString('hex', at, at + DIGEST_BYTES))
  }
  const { rows } = await sql<{
    subject: string
    edition: string
  }>`select subject, edition from registry_hit
    where upload_id = ${uploadId} and subject = any(${[...uuids]}::text[]::uuid[])`.execute(db)
  return new Map(
    rows.map(({ subject, edition }) => [
      Buffer.from(subject.replaceAll('-', ''), 'hex').toString('latin1'),
      { submission: Number(edition), reason: REASON_NUMBERS.registry },
    ]),
  )
}

/**
 * Call this when rows of the upload are being settled. Notes the upload in two cases: an edition
 * came into force since the upload's last look-up, or a look-up after intake has found rows of the
 * upload in editions. The registry worker then searches the register for the contacts of the
 * upload.
 */
export const noteLate = async (db: Db, uploadId: string): Promise<void> => {
  await sql`insert into registry_late (upload_id) select id from upload where id = ${uploadId}
      and (${MOVED_SINCE(sql`upload.contact_list_id`, sql`upload.registries`)}
        or exists (select from registry_hit where upload_id = upload.id))
    on conflict do nothing`.execute(db)
}

type Standing = { moved: boolean; hits: boolean }

/**
 * Whether rows of the upload were found in editions after intake. Throws `SuppressionUnknown` if an
 * edition came into force in which the rows were not looked up.
 */
export const hasHits = async (db: Db, uploadId: string): Promise<boolean> => {
  const { rows } =
    await sql<Standing>`select ${MOVED_SINCE(sql`upload.contact_list_id`, sql`upload.registries`)} as moved,
      exists (select from registry_hit where upload_id = upload.id) as hits
    from upload where id = ${uploadId}`.execute(db)
  const { moved, hits } = rows[0] ?? { moved: false, hits: false }
  if (moved) throw new SuppressionUnknown(`A registry of ${uploadId} has a new edition`, uploadId)
  return hits
}

/**
 * Throws `RegistryStale` in three cases:
 * - a registry that a tenant of the list uses for a country of the rows has no edition in force
 * - the edition in force of such a registry is too old
 * - for a country of the rows, no tenant of the list uses the registry that `rules` requires, or
 *   this registry has no edition in force
 *
 * Throws `SuppressionUnknown` if the countries of the rows are needed but not recorded.
 */
export const assertFresh = async (
  db: Db,
  rules: RegistryRules,
  { uploadId, listId, look }: { uploadId: string; listId: string; look: RegistryLook | null },
  epochs: SuppressionEpochs,
): Promise<void> => {
  if (look === null) {
    if (rules.required.size === 0 && !(await usesNow(db, listId, epochs))) return
    throw new SuppressionUnknown(
      `The countries of the numbers in ${uploadId} are not known yet`,
      uploadId,
    )
  }
  const asked = look.countries.filter((country) => rules.required.has(country))
  const uses = Object.keys(epochs).length > 0 && look.countries.length > 0
  if (!uses && asked.length === 0) return
  const names = asked.map((country) => rules.required.get(country)!)
  const days = look.countries.map((country) => rules.ageDaysOf(country))
  const { rows } = await sql<{ country: string }>`
    select r.country from tenant_registry t join registry r on r.name = t.registry
      join unnest(${[...look.countries]}::text[], ${days}::int[]) as allowed (country, days) on allowed.country = r.country
      left join registry_edition e on e.number = r.current_edition
    where t.tenant_id in (${tenantsOf(listId)})
      and (e.number is null or e.as_of + make_interval(days => coalesce(r.max_age_days, allowed.days)) < ${CERTAIN_NOW})
    union select needed.country from unnest(${asked}::text[], ${names}::text[]) as needed (country, name)
    where not exists (select from tenant_registry t join registry r on r.name = t.registry
      where t.tenant_id in (${tenantsOf(listId)}) and r.name = needed.name and r.country = needed.country and r.current_edition is not null)
    order by 1`.execute(db)
  if (rows.length > 0) throw new RegistryStale(rows.map(({ country }) => country))
}
