import { sql } from 'kysely'

import { RETRACTION_STATES, type RetractionState } from '../../../domain/do-not-call/retraction.ts'
import { FenceLost } from '../../../workflows/ports/delivery/delivery.ts'
import type {
  Finder,
  Retraction,
  RetractionClaim,
  RetractionStore,
} from '../../../workflows/ports/do-not-call/retractions.ts'
import { appendAudit } from '../../audit/audit-store.ts'
import { MISSING } from '../../delivery/compare-contacts.ts'
import { createObjectLane, freeLeases } from '../../delivery/object-lane.ts'
import { inTransaction, type Database, type Tx } from '../../homes/database.ts'
import type { Seals } from '../../homes/seals.ts'
import { grantedTo } from '../standing-entries.ts'

type Deps = { database: Database; seals: Seals }

const lane = createObjectLane({
  table: 'dnc_retraction_lane',
  column: 'contact_list_id',
  member: 'contactListId',
})

const lockLane = async (tx: Tx, claim: RetractionClaim): Promise<void> => {
  if (await lane.lock(tx, claim)) return
  throw new FenceLost(`Contact list ${claim.contactListId} has another holder`)
}

const createLane = ({
  database: { db },
}: Deps): Pick<RetractionStore, 'claim' | 'renew' | 'release' | 'freeAll'> => ({
  claim: async (owner) => (await lane.claim(db, owner))?.claim ?? null,
  renew: (claim) => lane.renew(db, claim),
  release: (claim, readyInMs) => lane.release(db, claim, readyInMs),
  freeAll: () => freeLeases(db, 'dnc_retraction_lane'),
})

type OpenRow = {
  number: string
  version: number
  contact_digest: Buffer
  sealed_id: Buffer
  subject: string
  attempts: number
  submission_id: string
  tenant_id: string
  request_id: string
  replaced: boolean
}

/**
 * Whether the newest content that Genesys has of the contact of `r`, from any tenant, is known and
 * does not contain the person. While a request with the contact is in doubt, its hash is empty. A
 * contact that was missing may have come late.
 */
const REPLACED = sql`coalesce((select known.content_hash not in (''::bytea, ${MISSING}) and known.subject_1 is not null
    and named.number <> all(array_remove(array[subject_1, subject_2, subject_3], null) || coalesce(more_subjects, '{}'))
      and known.accepted_seq >= coalesce((select doubt_seq from list_clearing where list_id = r.contact_list_id), 0)
  from register join contact_register known on known.register_id = register.id,
    (select ('x' || left(replace(r.subject::text, '-', ''), 16))::bit(64)::bigint as number) as named
  where register.list_id = r.contact_list_id and known.contact_digest = r.contact_digest
  order by known.accepted_seq desc limit 1), false)`

const toRetraction = (seals: Seals, row: OpenRow): Retraction => ({
  number: row.number,
  version: row.version,
  submissionId: row.submission_id,
  tenantId: row.tenant_id,
  requestId: row.request_id,
  contactId: seals.contactIds.open(row.contact_digest, row.sealed_id),
  subject: Buffer.from(row.subject.replaceAll('-', ''), 'hex'),
  attempts: row.attempts,
  isReplaced: row.replaced,
})

const createWork = ({
  database,
  seals,
}: Deps): Pick<RetractionStore, 'next' | 'settle' | 'postpone'> => ({
  next: async ({ contactListId }, limit) => {
    const { rows } =
      await sql<OpenRow>`select r.number, r.version, r.contact_digest, r.sealed_id, r.subject, r.attempts,
        coalesce(s.id, e.id) as submission_id, coalesce(s.tenant_id, e.tenant_id) as tenant_id, coalesce(s.request_id, e.request_id) as request_id,
        ${REPLACED} as replaced
      from dnc_retraction r left join dnc_submission s on s.number = r.submission left join registry_edition e on e.number = r.edition
      where r.contact_list_id = ${contactListId} and r.state = 'open' and due_at <= clock_timestamp()
      order by due_at limit ${limit}`.execute(database.db)
    if (rows.length > 0) return rows.map((row) => toRetraction(seals, row))
    // Do not use `min(due_at)`. Without rows, it would be null. `greatest` would ignore the null
    // and return 1, so the lane would be claimed again and again.
    const { rows: later } = await sql<{ ms: number }>`
      select greatest(1, extract(epoch from due_at - clock_timestamp()) * 1000)::float8 as ms from dnc_retraction
      where contact_list_id = ${contactListId} and state = 'open' order by due_at limit 1`.execute(
      database.db,
    )
    return later[0]?.ms ?? null
  },
  settle: (claim, ended, state, audit) =>
    inTransaction(database, async (tx) => {
      await lockLane(tx, claim)
      const given = ended.map(({ number, version }) => ({ number, version }))
      await sql`update dnc_retraction r set state = ${state}, settled_at = clock_timestamp(), attempts = attempts + 1, failure = null
        from jsonb_to_recordset(${JSON.stringify(given)}::jsonb) as g (number bigint, version int)
        where r.number = g.number and r.version = g.version and r.state = 'open'`.execute(tx)
      await appendAudit(tx, audit)
    }),
  postpone: (claim, { number, version }, failure, againInMs) =>
    inTransaction(database, async (tx) => {
      await lockLane(tx, claim)
      await sql`update dnc_retraction set attempts = attempts + 1, failure = ${failure},
          due_at = clock_timestamp() + make_interval(secs => ${againInMs}::float8 / 1000)
        where number = ${number}::bigint and version = ${version} and state = 'open'`.execute(tx)
    }),
})

type PageRow = {
  number: string
  contact_list_id: string
  contact_digest: Buffer
  sealed_id: Buffer
  tenant_id: string
  upload_id: string
  line: number | null
  state: RetractionState
  failure: string | null
  found_at: Date
  settled_at: Date | null
}

/**
 * How to find the contacts of a submission or an edition. `looked`: the condition that the search
 * for these contacts has ended.
 */
const findsOf = (finder: Finder) => {
  if ('number' in finder) {
    const number = sql`${finder.number}::bigint`
    const looked = sql`not exists (select from dnc_look_back b join dnc_submission s on s.tenant_id = b.tenant_id and s.epoch = b.epoch
      where s.number = ${number} and done_at is null)`
    return { column: sql.ref('submission'), number, looked }
  }
  const number = sql`(select e.number from registry_edition e where e.id = ${finder.editionId})`
  const looked = sql`exists (select from registry_look_back where edition = ${number})
    and not exists (select from registry_look_back where edition = ${number} and done_at is null)`
  return { column: sql.ref('edition'), number, looked }
}

type ReportedRow = {
  submission: string | null
  edition: string | null
  registry: string | null
  contacts: number
  last_at: Date
}

const createReport = ({
  database: { db },
  seals,
}: Deps): Pick<RetractionStore, 'page' | 'summary' | 'reported'> => ({
  page: async (finder, { after, limit }) => {
    const { tenantId } = finder
    const { column, number } = findsOf(finder)
    const { rows } =
      await sql<PageRow>`select number, contact_list_id, contact_digest, sealed_id, tenant_id, upload_id, line, state, failure,
        found_at, settled_at from dnc_retraction
      where ${column} = ${number} and (${column}, number) > (${number}, ${after}::bigint)
      order by ${column}, number limit ${limit + 1}`.execute(db)
    const items = rows.slice(0, limit).map((row) => {
      const isOwn = row.tenant_id === tenantId
      return {
        contactListId: row.contact_list_id,
        uploadId: isOwn ? row.upload_id : null,
        line: isOwn ? row.line : null,
        contactId: isOwn ? seals.contactIds.open(row.contact_digest, row.sealed_id) : null,
        ...{ state: row.state, failure: row.failure },
        foundAt: row.found_at.toISOString(),
        settledAt: row.settled_at?.toISOString() ?? null,
      }
    })
    return { items, next: rows.length > limit ? rows[limit - 1]!.number : null }
  },
  summary: async (finder) => {
    const { column, number, looked: isLookedFor } = findsOf(finder)
    const { rows } = await sql<{
      looked: boolean
      counts: Record<string, number> | null
      unfilled: number
    }>`select
        ${isLookedFor} as looked,
        (select jsonb_object_agg(state, n) from (select state, count(*)::int as n from dnc_retraction where ${column} = ${number}
          group by state) as of_state) as counts,
        (select coalesce(sum(unfilled), 0)::int from register r where ${grantedTo(finder.tenantId, sql`r.list_id`)}) as unfilled`.execute(
      db,
    )
    const { looked, counts, unfilled } = rows[0]!
    const none = Object.fromEntries(RETRACTION_STATES.map((state) => [state, 0]))
    return { looked, counts: { ...none, ...counts } as Record<RetractionState, number>, unfilled }
  },
  reported: async (tenantId, { days, limit, editions }) => {
    const { rows } = await sql<ReportedRow>`select s.id as submission, e.id as edition, e.registry,
        count(*)::int as contacts, max(r.settled_at) as last_at
      from dnc_retraction r left join dnc_submission s on s.number = r.submission left join registry_edition e on e.number = r.edition
      where r.state = 'reported' and (s.tenant_id = ${tenantId} or (${editions}::boolean and e.id is not null))
        and r.settled_at > clock_timestamp() - make_interval(days => ${days}::int)
      group by s.id, e.id, e.registry order by last_at desc, s.id, e.id limit ${limit}`.execute(db)
    return rows.map(({ submission, edition, registry, contacts, last_at: lastAt }) => ({
      by:
        submission === null
          ? { registry: registry!, editionId: edition! }
          : { submissionId: submission },
      ...{ contacts, lastAt: lastAt.toISOString() },
    }))
  },
})

/**
 * The SQL store of contacts that were delivered before an entry or an edition named them. It has
 * the work to retract these contacts, list by list, and the report of the outcomes.
 */
export const createRetractionStore = (deps: Deps): RetractionStore => ({
  ...createLane(deps),
  ...createWork(deps),
  ...createReport(deps),
})
