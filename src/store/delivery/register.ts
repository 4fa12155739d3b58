import { sql, type RawBuilder } from 'kysely'

import { DIGEST_BYTES } from '../../lib/keyed-digest.ts'
import {
  type CompareContacts,
  IN_REGISTER,
} from '../../workflows/ports/delivery/compare-contacts.ts'
import type { DeliveryStore, RegisterRow } from '../../workflows/ports/delivery/delivery.ts'
import type { Database, Db, Tx } from '../homes/database.ts'
import type { Seals } from '../homes/seals.ts'
import { contentSeqOf, type UploadRow } from '../uploads/upload-row.ts'

/** A register's number; whoever begins an upload has seen to it that there is one (`createEnsureRegister`). */
const numberOf = (
  tenantId: string | RawBuilder<unknown>,
  listId: string | RawBuilder<unknown>,
): RawBuilder<unknown> =>
  sql`(select id from register where tenant_id = ${tenantId} and list_id = ${listId})`

/** Digests of 16 bytes each as an array of SQL: as one value they go as they are, not as text. */
const digestArray = (digests: Buffer): RawBuilder<unknown> =>
  sql`array(select substring(${digests}::bytea from place * ${DIGEST_BYTES}::int + 1 for ${DIGEST_BYTES}::int)
    from generate_series(0, ${digests.length / DIGEST_BYTES - 1}::int) as place)`

/** The condition that a row `known` of `contact_register` is of one of these contacts. */
export const isOf = (
  seals: Seals,
  upload: { tenantId: string | RawBuilder<unknown>; listId: string | RawBuilder<unknown> },
  contactIds: readonly string[],
): RawBuilder<unknown> =>
  sql`known.register_id = ${numberOf(upload.tenantId, upload.listId)}
    and known.contact_digest = any(${digestArray(seals.contactIds.digests(contactIds))})`

const ofRow = (upload: UploadRow) => ({
  tenantId: upload.tenant_id,
  listId: upload.contact_list_id,
})

/**
 * The statement after which the register doubts what it knows of these contacts; it reads the upload from the table `working`. An empty
 * hash equals no content, so that whatever comes next is sent, even if this upload is cancelled, fails or hears of failures without
 * names while Genesys has taken some of it. The lane's lock keeps others from these rows.
 */
export const doubtOfWorking = (
  seals: Seals,
  contactIds: readonly string[],
): RawBuilder<unknown> => {
  const working = { tenantId: sql`working.tenant_id`, listId: sql`working.contact_list_id` }
  return sql`update contact_register as known set content_hash = ''::bytea from working
    where ${isOf(seals, working, contactIds)}`
}

/** The same, of an upload that is locked. */
export const doubtContent = async (
  tx: Tx,
  seals: Seals,
  upload: UploadRow,
  contactIds: readonly string[],
): Promise<void> => {
  if (contactIds.length === 0) return
  await sql`update contact_register as known set content_hash = ''::bytea
    where ${isOf(seals, ofRow(upload), contactIds)}`.execute(tx)
}

/** Digests in order, so that two transactions over the same contacts wait for each other instead of deadlocking. */
export const upsertRegister = (
  seals: Seals,
  upload: UploadRow,
  delivered: readonly RegisterRow[],
): RawBuilder<unknown> => {
  const { digests, sealed, ends } = seals.contactIds.seal(delivered.map((row) => row.contactId))
  const hashes = Buffer.concat(delivered.map((row) => row.contentHash))
  const lines = delivered.map((row) => row.line)
  const starts = [0, ...ends.slice(0, -1)]
  const piece = (bytes: Buffer): RawBuilder<unknown> =>
    sql`substring(${bytes}::bytea from ((d.place - 1) * ${DIGEST_BYTES}::int + 1)::int for ${DIGEST_BYTES}::int)`
  return sql`insert into contact_register as known
      (register_id, contact_digest, sealed_id, content_hash, accepted_seq, upload_id, line)
    select ${numberOf(upload.tenant_id, upload.contact_list_id)}, ${piece(digests)},
      substring(${sealed}::bytea from d.starts_at + 1 for d.ends_at - d.starts_at), ${piece(hashes)},
      ${contentSeqOf(upload)}::bigint, ${upload.id}, d.line
    from unnest(${starts}::int[], ${ends}::int[], ${lines}::int[]) with ordinality as d (starts_at, ends_at, line, place)
    order by 2
    on conflict (register_id, contact_digest) do update set content_hash = excluded.content_hash,
      accepted_seq = excluded.accepted_seq, upload_id = excluded.upload_id, line = excluded.line,
      delivered_at = clock_timestamp()
    where known.accepted_seq <= excluded.accepted_seq`
}

/** What was not sent because it is there already is as new as this upload; the lane's lock keeps others from these rows. */
export const confirmRegister = (
  seals: Seals,
  upload: UploadRow,
  confirmed: readonly string[],
): RawBuilder<unknown> =>
  sql`update contact_register as known set accepted_seq = ${contentSeqOf(upload)}::bigint
    where ${isOf(seals, ofRow(upload), confirmed)} and accepted_seq < ${contentSeqOf(upload)}::bigint`

/** Sees to it that the tenant's list has a register, once for each in the life of the process. */
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

/** The part of an entry that says what it is worth; entries from before the list was overwritten do not count (`list_clearing`). */
type Entry = { contact_digest: Buffer; content_hash: Buffer; accepted_seq: string }

const DIGIT_ZERO = 0x30

/**
 * A digit a contact comes back, which costs a small part of what rows with their digests did. The limit keeps the planner from anything but
 * one search of the primary key a contact, whatever it believes of the table's size.
 */
const createCompare =
  (db: Db): CompareContacts =>
  async (tenantId, listId, idDigests, contents) => {
    const count = idDigests.length / DIGEST_BYTES
    if (count === 0) return new Uint8Array()
    const piece = (bytes: Buffer | null): RawBuilder<unknown> =>
      sql`substring(${bytes}::bytea from place * ${DIGEST_BYTES}::int + 1 for ${DIGEST_BYTES}::int)`
    const { rows } = await sql<{ found: string }>`with of_list as materialized (
        select (${numberOf(tenantId, listId)}) as register_id, coalesce(max(cleared_seq), 0) as cleared_seq,
          coalesce(max(doubt_seq), 0) as doubt_seq from list_clearing where list_id = ${listId})
      select string_agg(case when known.accepted_seq is null then ${IN_REGISTER.nothing}::text
          when known.accepted_seq >= of_list.doubt_seq and known.content_hash = ${piece(contents)}
          then ${IN_REGISTER.same}::text else ${IN_REGISTER.other}::text end, '' order by place) as found
      from of_list cross join generate_series(0, ${count - 1}::int) as place
      left join lateral (select accepted_seq, content_hash from contact_register
        where register_id = of_list.register_id and contact_digest = ${piece(idDigests)}
          and accepted_seq >= of_list.cleared_seq limit 1) as known on true`.execute(db)
    return Buffer.from(rows[0]!.found, 'latin1').map((digit) => digit - DIGIT_ZERO)
  }

/** What Genesys holds by our knowledge. */
export const createRegister = (
  database: Database,
  seals: Seals,
): Pick<DeliveryStore, 'registered' | 'compare' | 'registerSize'> => ({
  compare: createCompare(database.db),
  registered: async (tenantId, listId, contactIds) => {
    const { rows } = await sql<Entry>`select contact_digest, accepted_seq,
          case when accepted_seq < coalesce(doubt_seq, 0) then ''::bytea else content_hash end as content_hash
        from contact_register known left join list_clearing on list_clearing.list_id = ${listId}
        where ${isOf(seals, { tenantId, listId }, contactIds)} and accepted_seq >= coalesce(cleared_seq, 0)`.execute(
      database.db,
    )
    if (rows.length === 0) return new Map()
    const digests = seals.contactIds.digests(contactIds).toString('latin1')
    const idOf = new Map(
      contactIds.map((id, at) => [digests.slice(at * DIGEST_BYTES, (at + 1) * DIGEST_BYTES), id]),
    )
    return new Map(
      rows.map((row) => [
        idOf.get(row.contact_digest.toString('latin1'))!,
        { contentHash: row.content_hash, acceptedSeq: Number(row.accepted_seq) },
      ]),
    )
  },
  registerSize: async (tenantId, listId) => {
    const { rows } = await sql<{ size: string }>`select count(*) as size
        from contact_register known left join list_clearing on list_clearing.list_id = ${listId}
        where known.register_id = ${numberOf(tenantId, listId)}
          and accepted_seq >= coalesce(cleared_seq, 0)`.execute(database.db)
    return Number(rows[0]!.size)
  },
})
