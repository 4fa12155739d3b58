import { sql, type RawBuilder } from 'kysely'

import { createDigestTable, type DigestTable, ENTRY_BYTES } from '../../lib/digests/digest-table.ts'
import { DIGEST_BYTES, wordsOf } from '../../lib/keyed-digest.ts'
import {
  IN_REGISTER,
  type OpenComparison,
} from '../../workflows/ports/delivery/compare-contacts.ts'
import { inTransaction, type Database, type Db } from '../homes/database.ts'

/**
 * The number of the register for a tenant's list. `createEnsureRegister` must make sure that the
 * register exists before an upload begins.
 */
export const numberOf = (
  tenantId: string | RawBuilder<unknown>,
  listId: string | RawBuilder<unknown>,
): RawBuilder<unknown> =>
  sql`(select id from register where tenant_id = ${tenantId} and list_id = ${listId})`

/** The content of `MISSING` as it stands in SQL. */
const MISSING_CONTENT = `'\\x00'::bytea`

/**
 * The content hash of a contact that Genesys may not hold at all, because a reconciliation found
 * contacts of its upload missing. The contact counts as new for every rule of duplicates, but keeps
 * its place and its subjects: Genesys may hold it after all.
 */
export const MISSING = sql.raw(MISSING_CONTENT)

const DIGIT_ZERO = 0x30
/**
 * From this many contacts on, one pass over the register may cost less than a search for each
 * contact.
 */
const FEWEST_IN_A_PASS = 10_000
/**
 * From this many contacts on, a server would consider the statement expensive enough to compile it
 * (JIT). Compiling takes half a second of processor time, ten times as much as the statement
 * itself.
 */
const FEWEST_COMPILED = 1_000
/** One search costs as much as a pass over eight contacts. */
const CONTACTS_A_SEARCH = 8
/** A register with more contacts is not read into memory. This many contacts take 26 MB. */
const MOST_IN_MEMORY = 500_000
/** Room for contacts that are delivered while the register is read. */
const SPARE_SHARE = 1.1
const SPARE_CONTACTS = 10_000

type Asked = { tenantId: string; listId: string; idDigests: Buffer; contents: Buffer | null }

const piece = (bytes: Buffer | null): RawBuilder<unknown> =>
  sql`substring(${bytes}::bytea from place * ${DIGEST_BYTES}::int + 1 for ${DIGEST_BYTES}::int)`

const countOf = ({ idDigests }: Asked): number => idDigests.length / DIGEST_BYTES

const clearingOf = ({ tenantId, listId }: Asked): RawBuilder<unknown> =>
  sql`select (${numberOf(tenantId, listId)}) as register_id, coalesce(max(cleared_seq), 0) as cleared_seq,
    coalesce(max(doubt_seq), 0) as doubt_seq,
    array(select id from register where list_id = ${listId} and tenant_id <> ${tenantId}) as others
    from list_clearing where list_id = ${listId}`

type ClearingRow = {
  register_id: number | null
  cleared_seq: string
  doubt_seq: string
  others: number[]
}

/**
 * Whether another tenant of the list has delivered the contact after this tenant. If so, Genesys
 * holds the content of the other tenant.
 */
const OVERWRITTEN = sql`(cardinality(contact.others) > 0 and exists (select from contact_register other
    where other.register_id = any(contact.others) and other.contact_digest = contact.digest
      and other.accepted_seq > known.accepted_seq))`

/**
 * One digit for each contact states what the register knows. That is far cheaper than returning
 * rows with digests.
 */
const digits = (asked: Asked): RawBuilder<unknown> =>
  sql`string_agg(case when known.accepted_seq is null or known.content_hash = ${MISSING} and not ${OVERWRITTEN}
      then ${IN_REGISTER.nothing}::text
    when known.accepted_seq >= contact.doubt_seq and known.content_hash = ${piece(asked.contents)}
      and not ${OVERWRITTEN} then ${IN_REGISTER.same}::text else ${IN_REGISTER.other}::text end, '' order by place) as found`

type Found = { rows: { found: string }[] }

/**
 * Searches the primary key for each contact. The limit keeps the planner from any other plan,
 * whatever size of the table it assumes.
 */
const search = (db: Db, asked: Asked): Promise<Found> =>
  sql<{ found: string }>`with of_list as materialized (${clearingOf(asked)})
    select ${digits(asked)}
    from (select of_list.*, place, ${piece(asked.idDigests)} as digest
      from of_list cross join generate_series(0, ${countOf(asked) - 1}::int) as place) as contact
    left join lateral (select accepted_seq, content_hash from contact_register
      where register_id = contact.register_id and contact_digest = contact.digest
        and accepted_seq >= contact.cleared_seq limit 1) as known on true`.execute(db)

/**
 * Finds all contacts in one pass over the register. Nested loops are off. Otherwise the planner of
 * the embedded home, which knows little about the table, would choose a search for each contact.
 * The statement cuts the digests out of plain parameters, because a common table expression would
 * copy all digests for every row. Each parameter occurs once: every occurrence would be sent.
 */
const pass = (database: Database, asked: Asked): Promise<Found> =>
  inTransaction(database, async (tx) => {
    await sql`set local jit = off`.execute(tx)
    await sql`set local enable_nestloop = off`.execute(tx)
    const { rows } = await sql<ClearingRow>`${clearingOf(asked)}`.execute(tx)
    const { register_id: registerId, cleared_seq: clearedSeq, doubt_seq: doubtSeq } = rows[0]!
    // As text, because only statements without arrays are sent with one copy of their bytes.
    const others = `{${rows[0]!.others.join()}}`
    return sql<{ found: string }>`select ${digits(asked)}
      from (select place, ${piece(asked.idDigests)} as digest, ${doubtSeq}::bigint as doubt_seq,
            ${others}::int[] as others
          from generate_series(0, ${countOf(asked) - 1}::int) as place) as contact
      left join (select contact_digest, accepted_seq, content_hash from contact_register
          where register_id = ${registerId} and accepted_seq >= ${clearedSeq}::bigint) as known on known.contact_digest = contact.digest`.execute(
      tx,
    )
  })

const searchMany = (database: Database, asked: Asked): Promise<Found> =>
  inTransaction(database, async (tx) => {
    await sql`set local jit = off`.execute(tx)
    return search(tx, asked)
  })

/** How many contacts of the list the tenant's register knows. */
export const contactsOf = async (
  db: Db,
  { tenantId, listId }: Pick<Asked, 'tenantId' | 'listId'>,
): Promise<number> => {
  const { rows } = await sql<{ contacts: string }>`select contacts from register
    where tenant_id = ${tenantId} and list_id = ${listId}`.execute(db)
  return Number(rows[0]?.contacts ?? 0)
}

/**
 * Whether the registers of all tenants of the list know more than so many different contacts. Only
 * contacts that several tenants may have are looked at one by one, and only if the numbers of the
 * registers leave it open.
 */
export const knowMore = async (db: Db, listId: string, contacts: number): Promise<boolean> => {
  const { rows } = await sql<{ more: boolean }>`with of_list as materialized (
      select id, contacts from register where list_id = ${listId} and contacts > 0)
    select case when coalesce(sum(contacts), 0) <= ${contacts}::bigint then false
      when max(contacts) > ${contacts}::bigint then true
      else (select count(distinct contact_digest) from contact_register
        where register_id = any(array(select id from of_list))
          and accepted_seq >= coalesce((select cleared_seq from list_clearing where list_id = ${listId}), 0))
        > ${contacts}::bigint end as more
    from of_list`.execute(db)
  return rows[0]!.more
}

/** Never the digest of a content. */
const NO_CONTENT = `'\\x${'00'.repeat(DIGEST_BYTES)}'::bytea`

/** No digest with the same first byte comes after this byte and these. */
const LAST_BYTES = `'\\x${'ff'.repeat(DIGEST_BYTES)}'::bytea`

/**
 * The contacts of a register, in a row for each first byte of their digests. A row for each contact
 * would cost much more. A single row would be so large that V8 would collect garbage because of it,
 * and groups would be sorted on disk. `from`: the sequence numbers from which a contact and its
 * content count. A contact whose content in Genesys is unknown has `NO_CONTENT`.
 */
const selectContacts = (register: number, from: { contact: number; content: number }): string =>
  `select first::bigint, (select coalesce(string_agg(contact_digest || case
        when accepted_seq >= ${from.content} and length(content_hash) = ${DIGEST_BYTES} then content_hash
        else ${NO_CONTENT} end, ''), ''::bytea)
      from contact_register where register_id = ${register} and accepted_seq >= ${from.contact} and content_hash <> ${MISSING_CONTENT}
        and contact_digest between set_byte('\\x00', 0, first) and set_byte('\\x00', 0, first) || ${LAST_BYTES})
    from generate_series(0, 255) as first`

/**
 * Reads the register of the list into memory. `contacts`: about how many the register has. null: it
 * has many more by now, or other tenants deliver to the list too, so only SQL can tell whose
 * content Genesys holds.
 */
const readRegister = async (
  database: Database,
  asked: Asked,
  contacts: number,
): Promise<DigestTable | null> => {
  const { rows } = await sql<ClearingRow>`${clearingOf(asked)}`.execute(database.db)
  const { register_id: id, cleared_seq: clearedSeq, doubt_seq: doubtSeq, others } = rows[0]!
  if (others.length > 0) return null
  const most = Math.ceil(contacts * SPARE_SHARE) + SPARE_CONTACTS
  const table = createDigestTable(most)
  let read = 0
  if (id !== null) {
    const select = selectContacts(id, { contact: Number(clearedSeq), content: Number(doubtSeq) })
    await database.readBytes(select, (_first, entries) => {
      read += entries.byteLength / ENTRY_BYTES
      if (read <= most) table.add(entries)
    })
  }
  return read <= most ? table : null
}

const compareWith = (
  known: DigestTable,
  { idDigests, contents }: Pick<Asked, 'idDigests' | 'contents'>,
): Uint8Array => {
  const places = known.placesOf(idDigests)
  const words = contents === null ? null : wordsOf(contents)
  const found = new Uint8Array(places.length).fill(IN_REGISTER.nothing)
  for (let index = 0; index < places.length; index += 1) {
    const place = places[index]!
    if (place < 0) continue
    const isSame = words !== null && known.hasValue(place, words, index * (DIGEST_BYTES / 4))
    found[index] = isSame ? IN_REGISTER.same : IN_REGISTER.other
  }
  return found
}

const valuesOf = ({ rows }: Found): Uint8Array =>
  Buffer.from(rows[0]!.found, 'latin1').map((digit) => digit - DIGIT_ZERO)

/** How many registers all comparisons together keep in memory. */
const MOST_KEPT = 2
type Kept = { register: DigestTable | null }

/**
 * Keeps the registers of the comparisons that read one last. A comparison whose register is gone
 * looks its contacts up as if it were new. The references are weak, so the register of a file that
 * has ended is freed.
 */
const createKeepRegister = (): ((kept: Kept, register: DigestTable) => void) => {
  let all: WeakRef<Kept>[] = []
  return (kept, register) => {
    kept.register = register
    all = [...all.filter((one) => one.deref()?.register && one.deref() !== kept), new WeakRef(kept)]
    for (const oldest of all.splice(0, all.length - MOST_KEPT)) oldest.deref()!.register = null
  }
}

/**
 * Compares contacts with the register. The number of contacts and the size of the register decide
 * between a search for each contact, one pass over the register in SQL, and reading the register
 * into memory.
 */
export const createOpenComparison = (database: Database): OpenComparison => {
  const keep = createKeepRegister()
  return (tenantId, listId) => {
    const kept: Kept = { register: null }
    return async (idDigests, contents) => {
      const asked = { tenantId, listId, idDigests, contents }
      const count = countOf(asked)
      if (count === 0) return new Uint8Array()
      if (kept.register !== null) return compareWith(kept.register, asked)
      if (count < FEWEST_COMPILED) return valuesOf(await search(database.db, asked))
      const contacts = count < FEWEST_IN_A_PASS ? Infinity : await contactsOf(database.db, asked)
      if (contacts > count * CONTACTS_A_SEARCH) return valuesOf(await searchMany(database, asked))
      const register =
        contacts > MOST_IN_MEMORY ? null : await readRegister(database, asked, contacts)
      if (register === null) return valuesOf(await pass(database, asked))
      keep(kept, register)
      return compareWith(register, asked)
    }
  }
}
