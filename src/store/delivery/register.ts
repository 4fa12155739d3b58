import { sql, type RawBuilder } from 'kysely'

import { DIGEST_BYTES } from '../../lib/keyed-digest.ts'
import type { RegisterRow } from '../../workflows/ports/delivery/delivery.ts'
import type { Registered, RegisterReads } from '../../workflows/ports/delivery/register.ts'
import type { Database, Db, Tx } from '../homes/database.ts'
import type { Seals } from '../homes/seals.ts'
import { contentSeqOf, type UploadRow } from '../uploads/upload-row.ts'
import {
  contactsOf,
  createOpenComparison,
  knowMore,
  MISSING,
  numberOf,
} from './compare-contacts.ts'
import { subjectColumns, subjectNumbers } from './register-subjects.ts'

/**
 * Digests of 16 bytes each as an array in SQL. They are sent as one binary value, because text
 * would be twice as long.
 */
const digestArray = (digests: Buffer): RawBuilder<unknown> =>
  sql`array(select substring(${digests}::bytea from place * ${DIGEST_BYTES}::int + 1 for ${DIGEST_BYTES}::int)
    from generate_series(0, ${digests.length / DIGEST_BYTES - 1}::int) as place)`

/** The condition for the rows `known` of `contact_register` that belong to these contacts. */
export const isOf = (
  seals: Seals,
  upload: { tenantId: string | RawBuilder<unknown>; listId: string | RawBuilder<unknown> },
  contactIds: readonly string[],
): RawBuilder<unknown> =>
  sql`known.register_id = ${numberOf(upload.tenantId, upload.listId)}
    and known.contact_digest = any(${digestArray(seals.contactIds.digests(contactIds))})`

/**
 * Like `isOf`, but for the registers of all tenants of the list. The tenants share the list in
 * Genesys, so content from one tenant replaces the content that another tenant's register states.
 */
const isOfAnyTenant = (
  seals: Seals,
  listId: RawBuilder<unknown>,
  contactIds: readonly string[],
): RawBuilder<unknown> =>
  sql`known.register_id = any(array(select id from register where list_id = ${listId}))
    and known.contact_digest = any(${digestArray(seals.contactIds.digests(contactIds))})`

const ofRow = (upload: Pick<UploadRow, 'tenant_id' | 'contact_list_id'>) => ({
  tenantId: upload.tenant_id,
  listId: upload.contact_list_id,
})

/**
 * A statement that makes the register forget which content these contacts have. It stores an empty
 * hash, which equals no content. It reads the upload from the table `working`, and runs before the
 * contacts are sent. The settlement then stores the new hashes. A settlement cannot store them if
 * the upload was cancelled, failed, or had failures that name no row. Genesys may then hold the old
 * or the new content, so later uploads send these contacts again. The lane's lock keeps other
 * transactions from these rows.
 */
export const doubtOfWorking = (
  seals: Seals,
  contactIds: readonly string[],
): RawBuilder<unknown> => {
  return sql`update contact_register as known set content_hash = ''::bytea from working
    where ${isOfAnyTenant(seals, sql`working.contact_list_id`, contactIds)} and known.content_hash not in (''::bytea, ${MISSING})`
}

/** Stores the same empty hash for an upload that is already locked. */
export const doubtContent = async (
  tx: Tx,
  seals: Seals,
  upload: Pick<UploadRow, 'contact_list_id'>,
  contactIds: readonly string[],
): Promise<void> => {
  if (contactIds.length === 0) return
  await sql`update contact_register as known set content_hash = ''::bytea
    where ${isOfAnyTenant(seals, sql`${upload.contact_list_id}`, contactIds)} and known.content_hash not in (''::bytea, ${MISSING})`.execute(
    tx,
  )
}

/** What the settlement of rows of an upload changes in the register. */
export type RegisterOfUpload = {
  upload: Pick<UploadRow, 'id' | 'tenant_id' | 'contact_list_id' | 'accepted_seq' | 'content_seq'>
  delivered: readonly RegisterRow[]
  /**
   * The subjects of the delivered chunk. null: the subjects were not computed yet, or no row of the
   * chunk can have been sent.
   */
  subjects: Buffer | null
  /**
   * Contacts that were not sent because Genesys already holds the same content. This content then
   * counts as content of this upload.
   */
  confirmed: readonly string[]
}

type Known = {
  rows: (RegisterRow & { place: number; seq: number; subjects: readonly string[] })[]
  confirmed: Map<string, number>
}

/** Keeps only the newest value of each contact, because a statement cannot write one row twice. */
const newestOf = (ended: readonly RegisterOfUpload[]): Known => {
  const rows = new Map<string, Known['rows'][number]>()
  const confirmed = new Map<string, number>()
  for (const [place, { upload, delivered, subjects, confirmed: own }] of ended.entries()) {
    const seq = Number(contentSeqOf(upload))
    const subjectsOf = subjectNumbers(subjects)
    for (const row of delivered) {
      const known = rows.get(row.contactId)
      if (known !== undefined && known.seq > seq) continue
      rows.set(row.contactId, { ...row, place, seq, subjects: subjectsOf(row.row) })
    }
    for (const id of own) confirmed.set(id, Math.max(seq, confirmed.get(id) ?? 0))
  }
  for (const [id, seq] of confirmed) {
    const row = rows.get(id)
    if (row === undefined) continue
    row.seq = Math.max(row.seq, seq)
    confirmed.delete(id)
  }
  return { rows: [...rows.values()], confirmed }
}

const pieceOf = (bytes: Buffer, place: RawBuilder<unknown>): RawBuilder<unknown> =>
  sql`substring(${bytes}::bytea from ((${place} - 1) * ${DIGEST_BYTES}::int + 1)::int for ${DIGEST_BYTES}::int)`

/**
 * Writes contacts in the order of their digests. Two transactions about the same contacts
 * therefore cannot deadlock.
 */
const upsert = (
  seals: Seals,
  uploadIds: readonly string[],
  rows: Known['rows'],
): RawBuilder<unknown> => {
  const { digests, sealed, ends } = seals.contactIds.seal(rows.map((row) => row.contactId))
  const hashes = Buffer.concat(rows.map((row) => row.contentHash))
  const starts = [0, ...ends.slice(0, -1)]
  const [lines, seqs] = [rows.map(({ line }) => line), rows.map(({ seq }) => seq)]
  const places = rows.map(({ place }) => place + 1)
  const [first, second, third, more] = subjectColumns(rows)
  return sql`insert into contact_register as known
      (register_id, contact_digest, sealed_id, content_hash, accepted_seq, upload_id, line,
        subject_1, subject_2, subject_3, more_subjects)
    select of_list.id, ${pieceOf(digests, sql`d.place`)},
      substring(${sealed}::bytea from d.starts_at + 1 for d.ends_at - d.starts_at), ${pieceOf(hashes, sql`d.place`)},
      d.seq, (${uploadIds}::text[])[d.upload], d.line, d.subject_1, d.subject_2, d.subject_3, d.more::bigint[]
    from of_list, unnest(${starts}::int[], ${ends}::int[], ${lines}::int[], ${seqs}::bigint[], ${places}::int[], ${first}::bigint[],
      ${second}::bigint[], ${third}::bigint[], ${more}::text[])
      with ordinality as d (starts_at, ends_at, line, seq, upload, subject_1, subject_2, subject_3, more, place)
    order by 2
    on conflict (register_id, contact_digest) do update set content_hash = excluded.content_hash,
      accepted_seq = excluded.accepted_seq, upload_id = excluded.upload_id, line = excluded.line,
      subject_1 = excluded.subject_1, subject_2 = excluded.subject_2, subject_3 = excluded.subject_3,
      more_subjects = excluded.more_subjects, delivered_at = clock_timestamp()
    where known.accepted_seq <= excluded.accepted_seq
    returning contact_digest, accepted_seq, xmax = 0 as is_new`
}

/**
 * Marks the content of confirmed contacts as content of the upload that confirmed it. Skips rows
 * from before the last clearing, because they no longer count. The lane's lock keeps other
 * transactions from these rows.
 */
const confirm = (seals: Seals, confirmed: ReadonlyMap<string, number>): RawBuilder<unknown> => {
  const digests = seals.contactIds.digests([...confirmed.keys()])
  return sql`update contact_register as known set accepted_seq = d.seq
    from of_list, unnest(${[...confirmed.values()]}::bigint[]) with ordinality as d (seq, place)
    where known.register_id = of_list.id and known.contact_digest = ${pieceOf(digests, sql`d.place`)}
      and known.accepted_seq < d.seq and known.accepted_seq >= of_list.cleared_seq`
}

/**
 * The parts of one statement that write the changed contacts of one tenant's list, and count the
 * contacts. A new contact raises the count by one. A contact from before a clearing raises the
 * count too when it is delivered again. The lane's lock prevents a clearing during the statement.
 * Contacts are written before the row of their register. The trigger that counts deletions keeps
 * the same order. If nothing changed, the result is empty.
 */
export const settledRegister = (
  seals: Seals,
  ended: readonly RegisterOfUpload[],
): RawBuilder<unknown>[] => {
  const first = ended[0]
  const { rows, confirmed } = newestOf(ended)
  if (first === undefined || rows.length + confirmed.size === 0) return []
  const { tenantId, listId } = ofRow(first.upload)
  const newest = Math.max(...rows.map(({ seq }) => seq), ...confirmed.values())
  const uploadIds = ended.map(({ upload }) => upload.id)
  const added = sql`select count(*) from registered, of_list where registered.accepted_seq >= of_list.cleared_seq
    and case when is_new or of_list.cleared_seq = 0 then is_new
      else (select old.accepted_seq < of_list.cleared_seq from contact_register old
        where old.register_id = of_list.id and old.contact_digest = registered.contact_digest) end`
  return [
    sql`of_list as materialized (select id, coalesce((select cleared_seq from list_clearing where list_id = ${listId}), 0) as cleared_seq
      from register where tenant_id = ${tenantId} and list_id = ${listId})`,
    ...(rows.length > 0 ? [sql`registered as (${upsert(seals, uploadIds, rows)})`] : []),
    ...(confirmed.size > 0 ? [sql`confirmed as (${confirm(seals, confirmed)})`] : []),
    sql`counted as (update register set contacts = contacts + ${rows.length > 0 ? sql`(${added})` : sql`0`},
      newest_seq = greatest(newest_seq, ${newest}::bigint) from of_list where register.id = of_list.id)`,
  ]
}

/**
 * Makes sure that the tenant's list has a register. Asks the database only once for each tenant and
 * list while the process runs.
 */
export const createEnsureRegister = (
  db: Db,
): ((tenantId: string, listId: string) => Promise<void>) => {
  const known = new Set<string>()
  return async (tenantId, listId) => {
    const place = JSON.stringify([tenantId, listId])
    if (known.has(place)) return
    await sql`insert into register (tenant_id, list_id) values (${tenantId}, ${listId})
      on conflict do nothing`.execute(db)
    known.add(place)
  }
}

/**
 * Whether another tenant of the list has delivered the contact after this tenant. If so, Genesys
 * holds the content of the other tenant.
 */
const overwrittenByOthers = (tenantId: string, listId: string): RawBuilder<unknown> =>
  sql`exists (select from register r join contact_register o on o.register_id = r.id
    where r.list_id = ${listId} and r.tenant_id <> ${tenantId} and o.contact_digest = known.contact_digest
      and o.accepted_seq > known.accepted_seq)`

/**
 * The other retries of the rows that this retry has. Without retries that Genesys does not show as
 * they were delivered: what those delivered may be sent again.
 */
const otherRetriesOf = (uploadId: string): RawBuilder<unknown> =>
  sql`with recursive origin as (select id, parent_id from upload where id = ${uploadId}
      union all select u.id, u.parent_id from origin join upload u on u.id = origin.parent_id),
    family as (select id from origin union select of_parent.id from family join upload u on u.id = family.id
      cross join jsonb_array_elements_text(u.child_ids) as of_parent (id))
    select u.id from family join upload u on u.id = family.id where u.id <> ${uploadId}
      and u.content_seq is not null and coalesce(u.reconciliation ->> 'state', '') <> 'differs'`

const idsByDigest = (seals: Seals, contactIds: readonly string[]): ReadonlyMap<string, string> => {
  const digests = seals.contactIds.digests(contactIds).toString('latin1')
  return new Map(
    contactIds.map((id, at) => [digests.slice(at * DIGEST_BYTES, (at + 1) * DIGEST_BYTES), id]),
  )
}

/**
 * What a row of the register states about a contact. A row from before a clearing of the list does
 * not count (`list_clearing`).
 */
type Entry = { contact_digest: Buffer; content_hash: Buffer; accepted_seq: string; own: boolean }

/** The SQL store of the register: what Genesys holds as far as the gateway knows. */
export const createRegister = (database: Database, seals: Seals): RegisterReads => ({
  openComparison: createOpenComparison(database),
  deliveredByRetries: async ({ id, parentId, tenantId, contactListId, contentSeq }, contactIds) => {
    if (parentId === null) return new Set()
    const { rows } = await sql<Pick<Entry, 'contact_digest'>>`select contact_digest
      from contact_register known where ${isOf(seals, { tenantId, listId: contactListId }, contactIds)}
        and accepted_seq = ${contentSeq}::bigint and upload_id in (${otherRetriesOf(id)})`.execute(
      database.db,
    )
    const idOf = idsByDigest(seals, contactIds)
    return new Set(rows.map((row) => idOf.get(row.contact_digest.toString('latin1'))!))
  },
  registered: async (tenantId, listId, contactIds) => {
    const { rows } = await sql<Entry>`with asked as (
        select ${digestArray(seals.contactIds.digests(contactIds))} as digests)
      select contact_digest, accepted_seq, content_hash <> ${MISSING} or ${overwrittenByOthers(tenantId, listId)} as own,
          case when accepted_seq < coalesce(doubt_seq, 0) or ${overwrittenByOthers(tenantId, listId)} then ''::bytea else content_hash end as content_hash
        from contact_register known left join list_clearing on list_clearing.list_id = ${listId}
        where known.register_id = ${numberOf(tenantId, listId)}
          and known.contact_digest = any((select digests from asked)::bytea[])
          and accepted_seq >= coalesce(cleared_seq, 0)
      union all
      select contact_digest, accepted_seq, false, content_hash from contact_register
        where register_id = any(array(select id from register where list_id = ${listId} and tenant_id <> ${tenantId}))
          and contact_digest = any((select digests from asked)::bytea[])
          and accepted_seq >= coalesce((select cleared_seq from list_clearing where list_id = ${listId}), 0)`.execute(
      database.db,
    )
    const found: Registered = { known: new Map(), ofOthers: new Map() }
    if (rows.length === 0) return found
    const idOf = idsByDigest(seals, contactIds)
    const ofOthers = new Map<string, number>()
    for (const row of rows) {
      const id = idOf.get(row.contact_digest.toString('latin1'))!
      const acceptedSeq = Number(row.accepted_seq)
      if (row.own) found.known.set(id, { contentHash: row.content_hash, acceptedSeq })
      else ofOthers.set(id, Math.max(acceptedSeq, ofOthers.get(id) ?? 0))
    }
    return { ...found, ofOthers }
  },
  registerSize: (tenantId, listId) => contactsOf(database.db, { tenantId, listId }),
  knowsMore: (listId, contacts) => knowMore(database.db, listId, contacts),
})
