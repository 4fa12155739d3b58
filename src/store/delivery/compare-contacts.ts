import { sql, type RawBuilder } from 'kysely'

import { DIGEST_BYTES } from '../../lib/keyed-digest.ts'
import {
  type CompareContacts,
  IN_REGISTER,
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

type Asked = { tenantId: string; listId: string; idDigests: Buffer; contents: Buffer | null }

const piece = (bytes: Buffer | null): RawBuilder<unknown> =>
  sql`substring(${bytes}::bytea from place * ${DIGEST_BYTES}::int + 1 for ${DIGEST_BYTES}::int)`

const countOf = ({ idDigests }: Asked): number => idDigests.length / DIGEST_BYTES

const clearingOf = ({ tenantId, listId }: Asked): RawBuilder<unknown> =>
  sql`select (${numberOf(tenantId, listId)}) as register_id, coalesce(max(cleared_seq), 0) as cleared_seq,
    coalesce(max(doubt_seq), 0) as doubt_seq,
    array(select id from register where list_id = ${listId} and tenant_id <> ${tenantId}) as others
    from list_clearing where list_id = ${listId}`

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
  sql`string_agg(case when known.accepted_seq is null then ${IN_REGISTER.nothing}::text
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
    const { rows } = await sql<{
      register_id: string | null
      cleared_seq: string
      doubt_seq: string
      others: number[]
    }>`${clearingOf(asked)}`.execute(tx)
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

const contactsOf = async (db: Db, { tenantId, listId }: Asked): Promise<number> => {
  const { rows } = await sql<{ contacts: string }>`select contacts from register
    where tenant_id = ${tenantId} and list_id = ${listId}`.execute(db)
  return Number(rows[0]?.contacts ?? 0)
}

/**
 * Compares contacts with the register in SQL. The number of contacts and the size of the register
 * decide between a search for each contact and one pass over the register.
 */
export const createCompare =
  (database: Database): CompareContacts =>
  async (tenantId, listId, idDigests, contents) => {
    const asked = { tenantId, listId, idDigests, contents }
    const count = countOf(asked)
    if (count === 0) return new Uint8Array()
    const inPass =
      count >= FEWEST_IN_A_PASS &&
      (await contactsOf(database.db, asked)) <= count * CONTACTS_A_SEARCH
    const lookUp = (): Promise<Found> => {
      if (inPass) return pass(database, asked)
      return count < FEWEST_COMPILED ? search(database.db, asked) : searchMany(database, asked)
    }
    const { rows } = await lookUp()
    return Buffer.from(rows[0]!.found, 'latin1').map((digit) => digit - DIGIT_ZERO)
  }
