import { sql } from 'kysely'

import type { EvidenceCode } from '../../domain/proof/evidence.ts'
import {
  type SuppressionPort,
  SuppressionUnknown,
} from '../../workflows/ports/do-not-call/suppressions.ts'
import type { EvidenceDraft } from '../../workflows/ports/proof/evidence.ts'
import type { Db } from '../homes/database.ts'

type FoundRow = {
  contact_list_id: string
  own: boolean
  upload_id: string
  line: number | null
  state: 'open' | 'retracted' | 'gone' | 'reported'
  found_at: Date
  settled_at: Date | null
  submission_id: string | null
  edition_id: string | null
}

/**
 * Contacts that were delivered before an entry or an edition named the person: the tenant's own
 * contacts, and contacts of other tenants that this tenant's entries found. Contacts of other
 * tenants are shown without upload and line.
 */
export const readFoundContacts = async (
  db: Db,
  tenantId: string,
  subject: string,
): Promise<EvidenceDraft[]> => {
  const { rows } =
    await sql<FoundRow>`select r.contact_list_id, r.tenant_id = ${tenantId} as own, r.upload_id, r.line, r.state, r.found_at, r.settled_at,
      s.id as submission_id, e.id as edition_id
    from dnc_retraction r left join dnc_submission s on s.number = r.submission left join registry_edition e on e.number = r.edition
    where r.subject = ${subject}::uuid and (r.tenant_id = ${tenantId} or s.tenant_id = ${tenantId})
    order by r.number`.execute(db)
  return rows.flatMap((row) => {
    const id = row.submission_id ?? row.edition_id!
    const where = row.own ? { uploadId: row.upload_id, line: row.line } : { uploadId: null }
    const about = { contactListId: row.contact_list_id, ...where }
    const found: EvidenceDraft = {
      ...{ at: row.found_at.toISOString(), code: 'contact-found', id, about, trail: null },
    }
    if (row.settled_at === null || row.state === 'open') return [found]
    const at = row.settled_at.toISOString()
    const code: EvidenceCode = `contact-${row.state}`
    const trail = { objects: [id], actions: ['dnc.retracted'] }
    return [found, { at, code, id, about, trail }]
  })
}

type ErasureRow = { id: string; state: string; created_at: Date; completed_at: Date | null }

/**
 * The tenant's erasures of the person. `digest`: the digest of the phone or address
 * (`subjectDigest`). An erasure of a contact id has this digest only if the id is the same text.
 */
export const readErasures = async (
  db: Db,
  tenantId: string,
  digest: Buffer,
): Promise<EvidenceDraft[]> => {
  const { rows } = await sql<ErasureRow>`select id, state, created_at, completed_at from erasure
    where tenant_id = ${tenantId} and subject_digest = ${digest} order by id`.execute(db)
  return rows.flatMap(({ id, state, created_at: created, completed_at: completed }) => [
    {
      ...{ at: created.toISOString(), code: 'erasure-accepted' as const, id, about: {} },
      trail: { objects: [id], actions: ['erasure.accepted'] },
    },
    ...(completed === null
      ? []
      : [
          {
            ...{ at: completed.toISOString(), code: 'erasure-completed' as const, id },
            about: { state },
            trail: { objects: [id], actions: ['erasure.completed'] },
          },
        ]),
  ])
}

type EditionRow = {
  number: string
  id: string
  registry: string
  country: string
  as_of: Date
  current_at: Date
  replaced_at: Date | null
  readable: boolean
}

/** The editions that were in force at any time in the period, for the tenant's registries. */
const readEditions = async (
  db: Db,
  tenantId: string,
  from: string,
  to: string,
): Promise<EditionRow[]> => {
  const { rows } = await sql<EditionRow>`select * from (
      select e.number, e.id, e.registry, r.country, e.as_of, e.current_at, e.data_key is not null as readable,
        lead(date_trunc('milliseconds', e.current_at)) over (partition by e.registry order by e.current_at, e.number) as replaced_at
      from tenant_registry t join registry r on r.name = t.registry join registry_edition e on e.registry = r.name
      where t.tenant_id = ${tenantId} and e.current_at is not null) as edition
    where current_at < ${to}::timestamptz and (replaced_at is null or replaced_at > ${from}::timestamptz)
    order by current_at, number`.execute(db)
  return rows
}

/** Whether the edition has the number. null: that cannot be found out. */
const has = async (
  numbersAmong: SuppressionPort['numbersAmong'],
  { number, registry, country }: EditionRow,
  asked: number,
): Promise<boolean | null> => {
  try {
    const edition = { number: Number(number), registry, country }
    return (await numbersAmong([edition], Float64Array.of(asked)))[0]! > 0
  } catch (error) {
    if (error instanceof SuppressionUnknown) return null
    throw error
  }
}

/**
 * The editions that have the number, and the editions that can no longer be searched for the
 * number. Each item has the time at which the edition came into force, or the beginning of the
 * period if that is later.
 */
export const readListings = async (
  db: Db,
  numbersAmong: SuppressionPort['numbersAmong'],
  { tenantId, number, from, to }: { tenantId: string; number: number; from: string; to: string },
): Promise<EvidenceDraft[]> => {
  if (number === 0) return []
  const drafts: EvidenceDraft[] = []
  for (const edition of await readEditions(db, tenantId, from, to)) {
    const listed = edition.readable ? await has(numbersAmong, edition, number) : null
    if (listed === false) continue
    const inForceAt = edition.current_at.toISOString()
    drafts.push({
      at: new Date(Math.max(Date.parse(inForceAt), Date.parse(from))).toISOString(),
      code: listed === null ? 'registry-unknown' : 'registry-listed',
      id: edition.id,
      about: {
        ...{ registry: edition.registry, country: edition.country, inForceAt },
        ...{ asOf: edition.as_of.toISOString() },
        replacedAt: edition.replaced_at?.toISOString() ?? null,
      },
      trail: { objects: [edition.id], actions: ['registry.edition_in_force'] },
    })
  }
  return drafts
}
