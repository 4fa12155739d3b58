import { sql } from 'kysely'

import { reasonOfNumber } from '../../domain/do-not-call/suppression.ts'
import { sealingKey } from '../../lib/envelope.ts'
import type {
  DncSubmissionStore,
  ExportedEntry,
} from '../../workflows/ports/do-not-call/submissions.ts'
import { CERTAIN_NOW } from '../clock/steady-time.ts'
import type { Db } from '../homes/database.ts'
import type { Keyring } from '../homes/keyring.ts'
import { openChunk } from './entry-chunks.ts'

/**
 * The most chunks that one statement reads. It is large, because each submission of one entry has
 * its own chunk.
 */
const CHUNKS_AT_ONCE = 200
/** The most entries of these chunks together. One chunk alone may have more. */
const ENTRIES_AT_ONCE = 5_000

type List = { tenantId: string; dncListId: string }
type Place = { epoch: string; number: string; seq: number; entries: number }

/**
 * The next chunks in the order of acceptance. An entry that is accepted or ended during the export
 * may or may not be in it. A person with an entry in force during the whole export is not skipped,
 * unless an erasure has removed the number or address.
 */
const nextPlaces = async (
  db: Db,
  { tenantId, dncListId }: List,
  after: Pick<Place, 'epoch' | 'seq'>,
): Promise<Place[]> => {
  const { rows } = await sql<Place>`select s.epoch, s.number, c.seq, c.entries
    from dnc_submission s join dnc_chunk c on c.submission = s.number
    where s.tenant_id = ${tenantId} and s.dnc_list_id = ${dncListId} and s.kind in ('add', 'pull')
      and s.epoch >= ${after.epoch}::bigint and (s.epoch > ${after.epoch}::bigint or c.seq > ${after.seq}::int)
    order by s.epoch, c.seq limit ${CHUNKS_AT_ONCE}`.execute(db)
  let entries = 0
  const fitting = rows.filter((row) => (entries += row.entries) <= ENTRIES_AT_ONCE)
  return fitting.length > 0 ? fitting : rows.slice(0, 1)
}

type Row = {
  submission: string
  chunk_seq: number
  place: number
  reason: number
  expires_at: Date | null
  accepted_at: Date
}

const STANDS = (at: string) =>
  sql`e.closed_by is null and (e.expires_at is null or e.expires_at > ${at}::timestamptz)`

/**
 * Chooses which entries in force are exported: one for each person and scope. The entry with the
 * strongest reason is chosen. If several have this reason, the one with the latest expiry is
 * chosen, and then the oldest. It is exported with the strongest reason and the latest expiry of
 * all entries of the person and scope.
 */
const leadingRows = async (
  db: Db,
  { tenantId, dncListId }: List,
  places: readonly Place[],
  at: string,
): Promise<Row[]> => {
  const numbers = places.map(({ number }) => number)
  const seqs = places.map(({ seq }) => seq)
  const { rows } =
    await sql<Row>`with asked as (select * from unnest(${numbers}::bigint[], ${seqs}::int[]) as a (number, seq)),
      mine as materialized (select e.subject, e.scope, e.submission, e.chunk_seq, e.place
        from asked join dnc_entry e on e.submission = asked.number and e.chunk_seq = asked.seq where ${STANDS(at)}),
      folded as (select mine.submission, mine.chunk_seq, mine.place, max(e.reason) as reason,
          case when bool_or(e.expires_at is null) then null else max(e.expires_at) end as expires_at,
          (array_agg(e.submission order by e.reason desc, e.expires_at desc nulls first, s.epoch))[1] as leader
        from mine join dnc_entry e on e.subject = mine.subject and e.scope = mine.scope and ${STANDS(at)}
        join dnc_submission s on s.number = e.submission and s.tenant_id = ${tenantId} and s.dnc_list_id = ${dncListId}
          and s.epoch is not null and s.kind in ('add', 'pull')
        group by mine.submission, mine.chunk_seq, mine.place)
    select f.submission, f.chunk_seq, f.place, f.reason, f.expires_at, s.accepted_at
    from folded f join dnc_submission s on s.number = f.submission where f.leader = f.submission
    order by s.epoch, f.chunk_seq, f.place`.execute(db)
  return rows
}

type Sealed = {
  id: string
  number: string
  seq: number
  payload: Buffer
  data_key: Buffer | null
  data_key_id: string
}

type Reading = { db: Db; keyring: Keyring; keyContext: (id: string) => string }

/** The sealed chunks that contain these rows, each with its rows in order. */
const openedOf = async ({ db, keyring, keyContext }: Reading, rows: readonly Row[]) => {
  const byChunk = Map.groupBy(rows, (row) => `${row.submission} ${row.chunk_seq}`)
  const firsts = [...byChunk.values()].map(([first]) => first!)
  const { rows: sealed } =
    await sql<Sealed>`select s.id, s.number, c.seq, c.payload, s.data_key, s.data_key_id
    from unnest(${firsts.map((row) => row.submission)}::bigint[], ${firsts.map((row) => row.chunk_seq)}::int[]) as a (number, seq)
    join dnc_submission s using (number) join dnc_chunk c on c.submission = a.number and c.seq = a.seq
    order by s.epoch, c.seq`.execute(db)
  return sealed.map((chunk) => ({
    rows: byChunk.get(`${chunk.number} ${chunk.seq}`)!,
    open: () => {
      const { id, data_key: key, data_key_id: keyId, seq, payload } = chunk
      if (key === null) throw new Error(`The data key of submission ${id} is gone`)
      return openChunk(sealingKey(keyring.open(keyContext(id), keyId, key)), id, seq, payload)
    },
  }))
}

/**
 * Yields the entries of a list that are in force. Keeps only a few chunks in memory at a time.
 * Keeps no transaction open between chunks.
 */
export const createExportEntries = (reading: Reading): DncSubmissionStore['exportEntries'] =>
  async function* (tenantId, dncListId) {
    const { db } = reading
    const list = { tenantId, dncListId }
    const { rows: clock } = await sql<{ at: string }>`select (${CERTAIN_NOW})::text as at`.execute(
      db,
    )
    let after = { epoch: '0', seq: -1 }
    for (;;) {
      const places = await nextPlaces(db, list, after)
      const last = places.at(-1)
      if (last === undefined) return
      after = last
      for (const { rows, open } of await openedOf(
        reading,
        await leadingRows(db, list, places, clock[0]!.at),
      )) {
        const { entries, terms } = await open()
        // After an erasure, the entry may have no number or address to export, although it still
        // suppresses.
        const told = rows.filter(({ place }) => entries[place]!.subject !== '')
        yield told.map((row): ExportedEntry => {
          const { kind, subject, terms: said } = entries[row.place]!
          const words = terms[said]!
          return {
            ...{ kind, subject },
            terms: {
              ...words,
              receivedAt: words.receivedAt ?? row.accepted_at.toISOString(),
              reason: reasonOfNumber(row.reason),
              expiresAt: row.expires_at?.toISOString() ?? null,
            },
          }
        })
      }
    }
  }
