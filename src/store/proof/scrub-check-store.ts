import { sql } from 'kysely'

import { REASON_NUMBERS, unpackSuppressed } from '../../domain/do-not-call/suppression.ts'
import type { CheckedEdition, CheckedList } from '../../domain/proof/scrub-certificate.ts'
import type { ScrubCheck, ScrubCheckStore } from '../../workflows/ports/proof/scrub-checks.ts'
import type { RegistryRules } from '../do-not-call/registries/registry-hits.ts'
import { tenantsOf } from '../do-not-call/standing-entries.ts'
import type { Database, Db } from '../homes/database.ts'

type Deps = { database: Database; registryRules: RegistryRules }

type UploadRow = {
  read_at: Date
  started_at: Date
  ended_at: Date
  last_tried_at: Date | null
  outstanding: boolean
  countries: string[]
  block: string
  hash: string
}

const readUpload = async (db: Db, uploadId: string): Promise<UploadRow> => {
  const { rows } =
    await sql<UploadRow>`select clock_timestamp() as read_at, u.created_at as started_at,
      coalesce(u.checked_at, u.created_at) as ended_at,
      (select max(s.sent_at) from batch b join shipment s on s.id = b.shipment_id where b.upload_id = u.id) as last_tried_at,
      u.registries is null and u.rows_accepted > 0
        and u.rows_delivered + u.rows_unchanged + u.rows_failed = 0
        and exists (select from tenant_registry t join registry r on r.name = t.registry
          where r.current_edition is not null and t.tenant_id in (${tenantsOf(sql`u.contact_list_id`)})) as outstanding,
      coalesce(u.registries -> 'countries', '[]') as countries, c.block, c.hash
    from upload u, audit_chain c where u.id = ${uploadId}`.execute(db)
  const row = rows[0]
  if (row === undefined) throw new Error(`There is no upload ${uploadId}`)
  return row
}

const secondsBetween = (from: Date, to: Date): number =>
  Math.max(0, Math.floor((to.getTime() - from.getTime()) / 1_000))

type ListRow = {
  list: string
  own: boolean
  submissions: string
  entries: string
  removed: string
  as_of: Date
  digest: string
}

/**
 * For each DNC list and tenant, the submissions that were already accepted when the look-up began:
 * the submissions up to the epochs that the look-up recorded.
 */
const readLists = async (db: Db, uploadId: string, endedAt: Date): Promise<CheckedList[]> => {
  const { rows } =
    await sql<ListRow>`select s.dnc_list_id as list, s.tenant_id = u.tenant_id as own, count(*) as submissions,
      coalesce(sum(s.accepted + s.quarantined) filter (where s.kind in ('add', 'pull')), 0) as entries,
      coalesce(sum(s.removed) filter (where s.kind = 'remove'), 0) as removed, max(s.accepted_at) as as_of,
      encode(sha256(convert_to(string_agg(s.id || ' ' || s.kind || ' ' || coalesce(nullif(s.source ->> 'sha256', ''), '-') || chr(10), ''
        order by s.number), 'UTF8')), 'hex') as digest
    from upload u cross join lateral jsonb_each_text(coalesce(u.suppression_epochs, '{}')) as k (tenant_id, epoch)
      join dnc_submission s on s.tenant_id = k.tenant_id and s.epoch <= k.epoch::bigint
    where u.id = ${uploadId} group by s.dnc_list_id, s.tenant_id, u.tenant_id
    order by s.tenant_id <> u.tenant_id, s.dnc_list_id, s.tenant_id`.execute(db)
  return rows.map((row) => ({
    ...{ dncListId: row.list, own: row.own, submissions: Number(row.submissions) },
    ...{ entries: Number(row.entries), removed: Number(row.removed), digest: row.digest },
    ...{ asOf: row.as_of.toISOString(), ageSeconds: secondsBetween(row.as_of, endedAt) },
  }))
}

type EditionRow = {
  registry: string
  country: string
  id: string
  at_intake: boolean
  change: CheckedEdition['change']
  base_id: string | null
  sha256: string | null
  numbers: string
  subscription: string | null
  as_of: Date
  current_at: Date | null
  max_age_days: number | null
}

/**
 * The editions in which the rows were looked up, including editions that were deleted since. Their
 * records are kept.
 */
const readEditions = async (
  { database: { db }, registryRules }: Deps,
  uploadId: string,
  endedAt: Date,
): Promise<CheckedEdition[]> => {
  const { rows } =
    await sql<EditionRow>`select e.registry, r.country, e.id, e.change, e.sha256, e.numbers, e.subscription, e.as_of, e.current_at,
      (select base.id from registry_edition base where base.number = e.base) as base_id,
      r.max_age_days,
      exists (select from registry_switch w where w.edition = e.number
        and w.epoch <= (u.suppression_epochs ->> w.tenant_id)::bigint) as at_intake
    from upload u cross join lateral jsonb_array_elements_text(coalesce(u.registries -> 'editions', '[]')) as looked (number)
      join registry_edition e on e.number = looked.number::bigint join registry r on r.name = e.registry
    where u.id = ${uploadId} order by e.number`.execute(db)
  return rows.map((row) => {
    const later = row.current_at !== null && row.current_at > endedAt ? row.current_at : endedAt
    return {
      ...{ registry: row.registry, country: row.country, editionId: row.id },
      lookedUp: row.at_intake ? ('intake' as const) : ('dispatch' as const),
      ...{ change: row.change, baseId: row.base_id, digest: row.sha256 },
      ...{ numbers: Number(row.numbers), subscription: row.subscription },
      ...{ asOf: row.as_of.toISOString(), inForceAt: row.current_at?.toISOString() ?? null },
      maxAgeDays: row.max_age_days ?? registryRules.ageDaysOf(row.country),
      ageSeconds: secondsBetween(row.as_of, later),
    }
  })
}

/** How many chunks one statement reads. */
const CHUNKS_AT_ONCE = 32

const countSuppressed = async (db: Db, uploadId: string): Promise<ScrubCheck['suppressed']> => {
  const counted = { entries: 0, registries: 0, withoutConsent: 0 }
  for (let after = -1; ;) {
    const { rows } = await sql<{
      seq: number
      suppressed: Buffer
    }>`select seq, suppressed from chunk
      where upload_id = ${uploadId} and seq > ${after} order by seq limit ${CHUNKS_AT_ONCE}`.execute(
      db,
    )
    for (const { suppressed } of rows) {
      for (const { reason } of unpackSuppressed(suppressed)) {
        if (reason === REASON_NUMBERS.registry) counted.registries += 1
        else if (reason === REASON_NUMBERS.consent) counted.withoutConsent += 1
        else counted.entries += 1
      }
    }
    if (rows.length < CHUNKS_AT_ONCE) return counted
    after = rows.at(-1)!.seq
  }
}

const countResults = async (db: Db, uploadId: string): Promise<Record<string, number>> => {
  const { rows } = await sql<{ code: string; rows: number }>`select code, count(*)::int as rows
    from row_result where upload_id = ${uploadId} group by code order by code`.execute(db)
  return Object.fromEntries(rows.map(({ code, rows: count }) => [code, count]))
}

/**
 * The content of a certificate besides the upload itself. It is computed from the stores. Only the
 * time at which the look-up ended is stored for the certificate.
 */
export const createScrubCheckStore = (deps: Deps): ScrubCheckStore => ({
  read: async (uploadId) => {
    const { db } = deps.database
    const row = await readUpload(db, uploadId)
    return {
      readAt: row.read_at.toISOString(),
      startedAt: row.started_at.toISOString(),
      endedAt: row.ended_at.toISOString(),
      lastTriedAt: row.last_tried_at?.toISOString() ?? null,
      isOutstanding: row.outstanding,
      lists: await readLists(db, uploadId, row.ended_at),
      registries: await readEditions(deps, uploadId, row.ended_at),
      countries: row.countries,
      suppressed: await countSuppressed(db, uploadId),
      results: await countResults(db, uploadId),
      audit: { block: Number(row.block), hash: row.hash },
    }
  },
})
