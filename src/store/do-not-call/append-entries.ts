import type { KeyObject } from 'node:crypto'

import { sql, type RawBuilder } from 'kysely'

import type { NewDncChunk } from '../../domain/do-not-call/dnc-chunk.ts'
import { DNC_REASONS, type EntryTerms } from '../../domain/do-not-call/dnc-entry.ts'
import { sha256 } from '../../lib/digest.ts'
import type { AppendedEntries } from '../../workflows/ports/do-not-call/submissions.ts'
import { inTransaction, type Database, type Tx } from '../homes/database.ts'
import { createPackChunk, SUBJECT_KINDS } from './entry-chunks.ts'

/**
 * The contact lists to which an entry applies, as a number that is part of the entry's key. 0: all
 * lists.
 */
export const scopeOf = (contactListIds: EntryTerms['contactListIds']): string => {
  if (contactListIds === null) return '0'
  const scope = sha256(JSON.stringify(contactListIds)).readBigInt64BE()
  return String(scope === 0n ? 1n : scope)
}

/**
 * Bytes for each entry: two for the number of its terms, one for its kind, and one for whether it
 * is quarantined.
 */
const ABOUT_BYTES = 4

const aboutOf = ({ entries }: NewDncChunk): Buffer => {
  const about = Buffer.alloc(entries.length * ABOUT_BYTES)
  for (const [place, { terms, kind, quarantined }] of entries.entries()) {
    about.writeUInt16BE(terms, place * ABOUT_BYTES)
    about[place * ABOUT_BYTES + 2] = SUBJECT_KINDS[kind]
    about[place * ABOUT_BYTES + 3] = quarantined ? 1 : 0
  }
  return about
}

/** The entries of a chunk as a table, which the database builds from a few bytes for each. */
export const rowsOf = (chunk: NewDncChunk): RawBuilder<unknown> => {
  const { terms } = chunk
  const reasons = terms.map(({ reason }) => DNC_REASONS[reason])
  const expiries = terms.map(({ expiresAt }) => expiresAt)
  const scopes = terms.map(({ contactListIds }) => scopeOf(contactListIds))
  const lists = terms.map(({ contactListIds }) =>
    contactListIds === null ? null : contactListIds.join(','),
  )
  return sql`given as materialized (select ${chunk.subjects}::bytea as subjects, ${aboutOf(chunk)}::bytea as about),
    terms as materialized (select number - 1 as number, reason, expires_at, scope, string_to_array(lists, ',') as lists
      from unnest(${reasons}::smallint[], ${expiries}::timestamptz[], ${scopes}::bigint[], ${lists}::text[])
        with ordinality as t (reason, expires_at, scope, lists, number)),
    entries as materialized (select place,
        encode(substr(subjects, place * 16 + 1, 16), 'hex')::uuid as subject,
        get_byte(about, place * 4) * 256 + get_byte(about, place * 4 + 1) as terms,
        get_byte(about, place * 4 + 2)::smallint as kind, get_byte(about, place * 4 + 3) = 1 as quarantined
      from given, generate_series(0, ${chunk.entries.length}::int - 1) as place)`
}

/**
 * Strengthens kept entries by the duplicates that were dropped. If a submission names a person
 * several times for the same contact lists, the kept entry gets the strongest reason and the latest
 * expiry of all these lines.
 */
const strengthen = async (tx: Tx, id: string, chunk: NewDncChunk): Promise<void> => {
  await sql`with ${rowsOf(chunk)},
    wanted as (select subject, scope, max(reason) as reason,
        case when bool_or(expires_at is null) then null else max(expires_at) end as expires_at
      from entries join terms on terms.number = entries.terms group by subject, scope)
    update dnc_entry e set reason = greatest(e.reason, wanted.reason),
      expires_at = case when wanted.expires_at is null or e.expires_at is null then null
        else greatest(e.expires_at, wanted.expires_at) end
    from wanted, dnc_submission s
    where s.id = ${id} and e.submission = s.number and e.subject = wanted.subject and e.scope = wanted.scope
      and (e.reason < wanted.reason or (e.expires_at is not null and (wanted.expires_at is null or wanted.expires_at > e.expires_at)))`.execute(
    tx,
  )
}

/**
 * Notes when the first person of the submission asked not to be called, because legal periods begin
 * then. Does so only if the entries state a time.
 */
const noteReceived = async (tx: Tx, id: string, { terms }: NewDncChunk): Promise<void> => {
  const received = terms.flatMap(({ receivedAt }) => receivedAt ?? [])
  if (received.length === 0) return
  await sql`update dnc_submission set oldest_received_at = least(oldest_received_at,
      (select min(at) from unnest(${received}::timestamptz[]) as given (at))) where id = ${id}`.execute(
    tx,
  )
}

type Kept = { submissions: number; kept: number; quarantined: number }

/**
 * Writes the chunk and its entries in one statement. `submissions` is 0 if the submission is no
 * longer being received.
 */
const insert = async (tx: Tx, id: string, chunk: NewDncChunk, payload: Buffer): Promise<Kept> => {
  const { rows } = await sql<Kept>`with ${rowsOf(chunk)},
    of_chunk as materialized (select number from dnc_submission where id = ${id} and state = 'receiving' for key share),
    stored as (insert into dnc_chunk (submission, seq, first_line, last_line, entries, payload)
      select number, ${chunk.seq}, ${chunk.firstLine}, ${chunk.lastLine}, ${chunk.entries.length}, ${payload}::bytea from of_chunk),
    kept as (insert into dnc_entry (subject, submission, scope, contact_list_ids, chunk_seq, place, subject_kind, reason, expires_at, quarantined)
      select subject, of_chunk.number, scope, lists, ${chunk.seq}, place, kind, reason, expires_at, quarantined
      from of_chunk, entries join terms on terms.number = entries.terms
      order by place on conflict do nothing returning quarantined)
    select (select count(*)::int from of_chunk) as submissions, count(*)::int as kept,
      (count(*) filter (where quarantined))::int as quarantined from kept`.execute(tx)
  return rows[0]!
}

/**
 * Returns a function that appends a chunk. The function does not wait until the chunk is on disk,
 * because the later commit that accepts the submission also brings all earlier commits to disk. If
 * the database crashes before that commit, chunks may be lost. The acceptance counts the chunks and
 * notices the loss. The function returns null if the submission is no longer being received.
 */
export const createAppendEntries = (database: Database) => {
  const packChunk = createPackChunk()
  return async (
    id: string,
    key: KeyObject,
    chunk: NewDncChunk,
  ): Promise<AppendedEntries | null> => {
    const payload = await packChunk(key, id, chunk)
    return inTransaction(database, async (tx) => {
      await sql`set local synchronous_commit = off`.execute(tx)
      const { submissions, kept, quarantined } = await insert(tx, id, chunk, payload)
      if (submissions === 0) return null
      await noteReceived(tx, id, chunk)
      const duplicates = chunk.entries.length - kept
      if (duplicates > 0) await strengthen(tx, id, chunk)
      return { accepted: kept - quarantined, quarantined, duplicates }
    })
  }
}
