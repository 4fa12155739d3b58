import { sql, type RawBuilder } from 'kysely'

import type { Tx } from '../homes/database.ts'
import type { Rule } from './retention-rule.ts'

/** Up to this many lines, a submission is small. */
const SMALL = sql.lit(5_000)
const SMALL_AT_ONCE = sql.lit(20)
const LARGE_AT_ONCE = sql.lit(1)
/**
 * How many chunks one transaction deletes, with their entries. A chunk has about 5,000 entries,
 * so a submission can have millions, and they cannot be deleted in the time of one statement.
 */
const CHUNKS_AT_ONCE = 20
const GROUPS_AT_ONCE = 20_000

/**
 * Whether an entry of the submission was in force at `past` or later. A submission may be deleted
 * if all of its entries expired or were ended before that time. A removal suppresses nobody, so it
 * may be deleted.
 */
const HOLDS_LATELY = (past: RawBuilder<unknown>): RawBuilder<unknown> =>
  sql`s.kind <> 'remove' and exists (select from dnc_entry e left join dnc_submission ended_by on ended_by.number = e.closed_by
    where e.submission = s.number and case when e.closed_by is not null then ended_by.accepted_at >= ${past}
      else e.expires_at is null or e.expires_at >= ${past} end)`

/** Submissions of one size that are due, those that were applied first. */
const ended = (
  past: RawBuilder<unknown>,
  size: RawBuilder<unknown>,
  atOnce: RawBuilder<unknown>,
): RawBuilder<unknown> =>
  sql`select s.id as key, s.applied_at as ended_at from dnc_submission s
    where s.state in ('applied', 'applied_with_errors') and s.applied_at < ${past} and s.closes_from is null and ${size}
      and not (${HOLDS_LATELY(past)})
      and not exists (select from dnc_retraction r where r.submission = s.number and r.state = 'open')
      and not exists (select from dnc_pull p where p.submission = s.number)
      and not exists (select from dnc_look_back l where l.tenant_id = s.tenant_id and l.epoch = s.epoch and l.done_at is null)
    order by s.applied_at limit ${atOnce} for update of s skip locked`

const numbersOf = (keys: readonly string[]): RawBuilder<unknown> =>
  sql`(select number from dnc_submission where id = any(${[...keys]}::text[]))`

/** Deletes chunks together with their entries. Returns how many chunks. */
const removeChunks = async (tx: Tx, keys: readonly string[]): Promise<number> => {
  const { rows } = await sql`with lot as materialized (select submission, seq from dnc_chunk
        where submission in ${numbersOf(keys)} order by submission, seq limit ${sql.lit(CHUNKS_AT_ONCE)}),
      entries as (delete from dnc_entry e using lot where e.submission = lot.submission and e.chunk_seq = lot.seq)
    delete from dnc_chunk c using lot where c.submission = lot.submission and c.seq = lot.seq returning 1`.execute(
    tx,
  )
  return rows.length
}

const removeGroups = async (tx: Tx, keys: readonly string[]): Promise<number> => {
  const { rows } = await sql`delete from dnc_group where ctid = any(array(select ctid from dnc_group
      where submission in ${numbersOf(keys)} limit ${sql.lit(GROUPS_AT_ONCE)})) returning 1`.execute(
    tx,
  )
  return rows.length
}

/**
 * Deletes submissions with all that belongs to them: many small ones, and one large one. First
 * deletes the chunks with their entries, and the groups, in parts.
 */
export const dncSubmissions: Rule = {
  lot: 1,
  due: (
    past,
  ) => sql`select key, ended_at from (${ended(past, sql`s.read <= ${SMALL}`, SMALL_AT_ONCE)}) as small
    union all select key, ended_at from (${ended(past, sql`s.read > ${SMALL}`, LARGE_AT_ONCE)}) as large`,
  remove: async (tx, keys) => {
    if ((await removeChunks(tx, keys)) === CHUNKS_AT_ONCE) return 'part'
    if ((await removeGroups(tx, keys)) === GROUPS_AT_ONCE) return 'part'
    await sql`delete from dnc_submission where id = any(${[...keys]}::text[])`.execute(tx)
    return 'removed'
  },
}
