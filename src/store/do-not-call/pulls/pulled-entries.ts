import type { KeyObject } from 'node:crypto'

import { sql } from 'kysely'

import type { NewDncChunk } from '../../../domain/do-not-call/dnc-chunk.ts'
import { DNC_OUTCOMES } from '../../../domain/do-not-call/dnc-submission.ts'
import { DIGEST_BYTES } from '../../../lib/keyed-digest.ts'
import type { DncPull, DncPullStore } from '../../../workflows/ports/do-not-call/pulls.ts'
import { StagingLost } from '../../../workflows/ports/uploads/uploads.ts'
import { CERTAIN_NOW } from '../../clock/steady-time.ts'
import { inTransaction, type Database, type Tx } from '../../homes/database.ts'
import { raiseEpoch } from '../accept-submission.ts'
import { rowsOf } from '../append-entries.ts'
import { placesAsBits } from '../compose-group.ts'
import { createPackChunk, openChunk } from '../entry-chunks.ts'
import { IN_FORCE } from '../standing-entries.ts'

const { created, existing, updated } = DNC_OUTCOMES
/** How many chunks with missing entries one statement returns. */
const CHUNKS_AT_ONCE = 200

/**
 * Locks the pull until the transaction ends, so that no other process can take it over meanwhile.
 * Throws `StagingLost` if another process has taken it over, or if it has ended. Every transaction
 * that writes for a pull must lock it first.
 */
export const lockPull = async (
  tx: Tx,
  { dncListId, owner, number }: Pick<DncPull, 'dncListId' | 'owner' | 'number'>,
): Promise<void> => {
  const { rows } = await sql`select 1 from dnc_pull
    where dnc_list_id = ${dncListId} and owner = ${owner} and submission = ${number}::bigint for update`.execute(
    tx,
  )
  if (rows.length === 0) throw new StagingLost(`The pull of ${dncListId} has another holder`)
}

/**
 * A person stands in the list because of the gateway if any tenant has sent an entry. What another
 * tenant has pulled does not count: it suppresses only in the contact lists of that tenant. What
 * another tenant has removed counts only if no entry is in force, because otherwise Genesys keeps
 * the person.
 */
const siftPlaces = async (
  tx: Tx,
  { number, dncListId, tenantId }: DncPull,
  subjects: Buffer,
): Promise<number[]> => {
  const { rows } = await sql<{ place: number }>`with asked as materialized (
          select min(place) as place, subject from (select place,
            encode(substr(${subjects}::bytea, place * 16 + 1, 16), 'hex')::uuid as subject
            from generate_series(0, ${subjects.length / 16 - 1}::int) as place) as given group by subject),
        seen as (insert into dnc_pull_seen (submission, subject)
          select ${number}::bigint, subject from asked order by subject on conflict do nothing),
        known as (select asked.subject, bool_or(${IN_FORCE} and (s.kind = 'add' or s.tenant_id = ${tenantId})) as stands,
            bool_or(e.closed_by is not null and not e.absent and s.tenant_id = ${tenantId})
              or bool_or(e.closed_by is not null and not e.absent) and not bool_or(${IN_FORCE}) as removed
          from asked join dnc_entry e on e.subject = asked.subject
            join dnc_submission s on s.number = e.submission and s.epoch is not null
              and s.dnc_list_id = ${dncListId} and s.kind in ('add', 'pull')
          group by asked.subject)
        select place from asked left join known using (subject)
        where not coalesce(stands, false) and not coalesce(removed, false) order by place`.execute(
    tx,
  )
  return rows.map(({ place }) => place)
}

const createSift =
  (database: Database): DncPullStore['sift'] =>
  (pull, subjects) =>
    inTransaction(database, async (tx) => {
      await lockPull(tx, pull)
      return siftPlaces(tx, pull, subjects)
    })

/**
 * The chunk with lines after line `last`. The ledger is read by lines, and the lines of a second
 * try, or of entries that are sent again, begin again at a low number.
 */
const behind = <Chunk extends NewDncChunk>(last: number, chunk: Chunk): Chunk => {
  const by = Math.max(0, last + 1 - chunk.firstLine)
  if (by === 0) return chunk
  const moved = <At extends { line: number }>(at: At): At => ({ ...at, line: at.line + by })
  return {
    ...chunk,
    ...{ firstLine: chunk.firstLine + by, lastLine: chunk.lastLine + by },
    ...{ entries: chunk.entries.map(moved), rejected: chunk.rejected.map(moved) },
  }
}

const createDropRejected = (
  database: Database,
  readKey: (id: string) => Promise<KeyObject>,
): DncPullStore['dropRejected'] => {
  const packChunk = createPackChunk()
  return async (pull) => {
    const { submissionId, number } = pull
    const { rows: chunks } = await sql<{
      seq: number
      entries: number
    }>`select seq, entries from dnc_chunk where submission = ${number}::bigint order by seq`.execute(
      database.db,
    )
    const key = await readKey(submissionId)
    for (const { seq, entries } of chunks) {
      await inTransaction(database, async (tx) => {
        await lockPull(tx, pull)
        if (entries === 0) {
          await sql`delete from dnc_chunk where submission = ${number}::bigint and seq = ${seq}`.execute(
            tx,
          )
          return
        }
        const { rows } = await sql<{ payload: Buffer }>`select payload from dnc_chunk
          where submission = ${number}::bigint and seq = ${seq} for update`.execute(tx)
        const chunk = await openChunk(key, submissionId, seq, rows[0]!.payload)
        if (chunk.rejected.length === 0) return
        const payload = await packChunk(key, submissionId, { ...chunk, rejected: [] })
        await sql`update dnc_chunk set payload = ${payload}::bytea
          where submission = ${number}::bigint and seq = ${seq}`.execute(tx)
      })
    }
  }
}

type Origin = Parameters<DncPullStore['add']>[2]

/**
 * The part of a chunk that may still be sent again. A removal or an override may have ended entries
 * of the chunk `origin` since the pull found that Genesys lacks them, or is about to end them. A
 * copy of such an entry would undo it. Call it after the epoch was raised: removals and overrides
 * that are accepted later then end the copies too.
 */
const stillInForce = async (
  tx: Tx,
  { tenantId, dncListId }: DncPull,
  chunk: NewDncChunk,
  origin: NonNullable<Origin>,
): Promise<NewDncChunk> => {
  const { rows } = await sql<{
    place: number
  }>`with ${rowsOf(chunk)} select place from entries join terms on terms.number = entries.terms
      where exists (select from dnc_entry e where e.submission = ${origin.submission}::bigint and e.subject = entries.subject
          and e.scope = terms.scope and ${IN_FORCE})
        and not exists (select from dnc_submission r join dnc_entry c on c.submission = r.number
          where r.dnc_list_id = ${dncListId} and r.tenant_id = ${tenantId} and r.closes_from is not null
            and c.subject = entries.subject and c.scope = terms.scope)
      order by place`.execute(tx)
  return {
    ...chunk,
    entries: rows.map(({ place }) => chunk.entries[place]!),
    subjects: Buffer.concat(
      rows.map(({ place }) =>
        chunk.subjects.subarray(place * DIGEST_BYTES, (place + 1) * DIGEST_BYTES),
      ),
    ),
  }
}

const createAdd = (
  database: Database,
  readKey: (id: string) => Promise<KeyObject>,
): DncPullStore['add'] => {
  const packChunk = createPackChunk()
  return async (pull, given, origin) => {
    const { submissionId, tenantId, number } = pull
    const send = origin !== null
    const key = await readKey(submissionId)
    return inTransaction(database, async (tx) => {
      await lockPull(tx, pull)
      const epoch = await raiseEpoch(tx, tenantId)
      const chunk = origin === null ? given : await stillInForce(tx, pull, given, origin)
      if (send && chunk.entries.length === 0) return 0
      const { rows: last } = await sql<{
        seq: number
        line: number
      }>`select coalesce(max(seq), -1)::int + 1 as seq, coalesce(max(last_line), 0)::int as line
        from dnc_chunk where submission = ${number}::bigint`.execute(tx)
      const { seq, line } = last[0]!
      const stored = { ...behind(line, chunk), seq }
      const payload = await packChunk(key, submissionId, stored)
      const { rows } = await sql<{ added: number }>`with ${rowsOf(stored)},
          stored as (insert into dnc_chunk (submission, seq, first_line, last_line, entries, payload)
            values (${number}::bigint, ${stored.seq}, ${stored.firstLine}, ${stored.lastLine}, ${stored.entries.length}, ${payload}::bytea)),
          added as (insert into dnc_entry (subject, submission, scope, contact_list_ids, chunk_seq, place, subject_kind, reason, expires_at, quarantined, outcome)
            select subject, ${number}::bigint, scope, lists, ${stored.seq}, place, kind, reason, expires_at, false,
              case when ${send}::boolean then null else ${created}::int end
            from entries join terms on terms.number = entries.terms order by place on conflict do nothing returning place),
          counted as (select count(*)::int as added from added)
          update dnc_submission set epoch = ${epoch}::bigint, read = read + added, accepted = accepted + added,
            created = created + case when ${send}::boolean then 0 else added end,
            version = version + 1, updated_at = clock_timestamp()
          from counted where number = ${number}::bigint returning added`.execute(tx)
      return rows[0]!.added
    })
  }
}

const createMissing =
  ({ db }: Database): DncPullStore['missing'] =>
  async ({ number, dncListId, since, tenantId }, after) => {
    const { rows } = await sql<{
      submissionId: string
      submission: string
      seq: number
      places: number[]
      own: boolean
    }>`select s.id as "submissionId", e.submission, e.chunk_seq as seq, array_agg(e.place order by e.place) as places,
          s.tenant_id = ${tenantId} as own
        from dnc_entry e join dnc_submission s on s.number = e.submission
        where s.dnc_list_id = ${dncListId} and s.kind in ('add', 'pull') and s.applied_at < ${since}
          and s.number <> ${number}::bigint and ${IN_FORCE} and not e.quarantined
          and e.outcome in (${created}::int, ${existing}::int, ${updated}::int)
          and (e.submission, e.chunk_seq) > (${after.submission}::bigint, ${after.seq}::int)
          and not exists (select from dnc_pull_seen x where x.submission = ${number}::bigint and x.subject = e.subject)
          and not exists (select from dnc_entry a where a.subject = e.subject and a.submission = ${number}::bigint and a.scope = e.scope)
        group by s.id, s.tenant_id, e.submission, e.chunk_seq order by e.submission, e.chunk_seq limit ${CHUNKS_AT_ONCE}`.execute(
      db,
    )
    return rows
  }

/**
 * Makes entries due to be sent again, as a renewal does. They stay entries of their own submission,
 * which may belong to another tenant.
 */
const createSendAgain =
  (database: Database): DncPullStore['sendAgain'] =>
  (pull, { submission, seq, places }, id) =>
    inTransaction(database, async (tx) => {
      await lockPull(tx, pull)
      await sql`insert into dnc_group (id, submission, chunk_seq, places, entries, reason, expires_at, idempotency_key,
          state, settled_at, renew_at)
        values (${id}, ${submission}::bigint, ${seq}, ${placesAsBits(places)}, ${places.length}, 1, ${CERTAIN_NOW}, ${id},
          'settled', clock_timestamp(), ${CERTAIN_NOW})`.execute(tx)
    })

/** Compares an export of Genesys with the entries that the gateway has. */
export const createPulledEntries = (
  database: Database,
  readKey: (id: string) => Promise<KeyObject>,
): Pick<DncPullStore, 'dropRejected' | 'sift' | 'add' | 'missing' | 'sendAgain'> => ({
  dropRejected: createDropRejected(database, readKey),
  sift: createSift(database),
  add: createAdd(database, readKey),
  missing: createMissing(database),
  sendAgain: createSendAgain(database),
})
