import { sql } from 'kysely'

import type { DncChunk } from '../../domain/do-not-call/dnc-chunk.ts'
import { subjectOf } from '../../domain/do-not-call/subject.ts'
import { mentionsOf, type Mentions } from '../../domain/erasures/erasure.ts'
import { sealingKey } from '../../lib/envelope.ts'
import type { ErasureWork } from '../../workflows/ports/erasures/erasures.ts'
import { createPackChunk, openChunk } from '../do-not-call/entry-chunks.ts'
import { NOT_OVER } from '../do-not-call/standing-entries.ts'
import { keyContext } from '../do-not-call/submission-store.ts'
import { inTransaction, type Db, type Tx } from '../homes/database.ts'
import { lockErasure, noteDone } from './erasure-row.ts'
import type { EraseLot, ErasingDeps } from './lots.ts'

/** How many submissions one lot takes. */
const LOT = 20

type Row = {
  id: string
  number: string
  seq: number
  payload: Buffer
  payload_digest: string
  data_key: Buffer
  data_key_id: string
}

/**
 * The chunks of these submissions that may contain the person. These are all chunks of a submission
 * with an entry about the person, and all chunks with rejected lines. The cells of a rejected line
 * may name anyone.
 */
const chunksOf = async (
  db: Db,
  { erasure }: ErasureWork,
  submissions: readonly string[],
): Promise<Row[]> => {
  const subject = erasure.kind === 'contact' ? null : erasure.subjectDigest
  const { rows } =
    await sql<Row>`select s.id, s.number, c.seq, c.payload, md5(c.payload) as payload_digest, s.data_key, s.data_key_id
    from dnc_submission s join dnc_chunk c on c.submission = s.number
    where s.number = any(${[...submissions]}::bigint[]) and s.data_key is not null
      and (c.last_line - c.first_line + 1 > c.entries
        or exists (select from dnc_entry e where e.subject = ${subject}::uuid and e.submission = s.number))
    order by s.number, c.seq`.execute(db)
  return rows
}

/**
 * Whether the number must be kept because it may still be sent to Genesys. This is the case if its
 * group is not settled, because the same request is sent again even if the entry was ended. It is
 * also the case if the entry is `NOT_OVER` and one of these conditions is met:
 * - the entry has no outcome yet
 * - its group is to be renewed
 * - it is an added or pulled entry, and the dialect is `platform`
 *
 * The platform forgets entries after 180 days. The gateway then sends the entry again if a pull
 * does not find it.
 */
const isNeeded = async (db: Db, { erasure }: ErasureWork, row: Row): Promise<boolean> => {
  const { rows } = await sql<{
    needed: boolean
  }>`select exists (select from dnc_entry e join dnc_submission s on s.number = e.submission
    where e.subject = ${erasure.subjectDigest}::uuid and e.submission = ${row.number}::bigint
      and (${NOT_OVER} and (e.outcome is null or (s.kind in ('add', 'pull') and exists (select from binding where dialect = 'platform')))
        or exists (select from dnc_group g where g.submission = e.submission and g.chunk_seq = e.chunk_seq
          and (g.state in ('intended', 'sent') or g.renew_at is not null and ${NOT_OVER})))) as needed`.execute(
    db,
  )
  return rows[0]!.needed
}

/**
 * The chunk without the person's cells. The number is removed too, except if `isKept`. null: there
 * is nothing to remove.
 */
const withoutPerson = (
  chunk: DncChunk,
  subject: string | null,
  mentions: Mentions,
  isKept: boolean,
): { chunk: DncChunk; entries: number; rejected: number } | null => {
  let [entries, rejected] = [0, 0]
  const kept = chunk.entries.map((entry) => {
    if (subject === null || entry.subject !== subject) return entry
    if (entry.cells.length === 0 && isKept) return entry
    entries += 1
    return { ...entry, cells: [], subject: isKept ? entry.subject : '' }
  })
  const lines = chunk.rejected.map((one) => {
    if (!one.cells.some((cell) => mentions.isCell(cell))) return one
    rejected += 1
    return { ...one, cells: [] }
  })
  if (entries + rejected === 0) return null
  return { chunk: { ...chunk, entries: kept, rejected: lines }, entries, rejected }
}

const eraseChunk = async (
  deps: ErasingDeps,
  work: ErasureWork,
  row: Row,
  after: string,
): Promise<void> => {
  const key = sealingKey(deps.keyring.open(keyContext(row.id), row.data_key_id, row.data_key))
  const chunk = await openChunk(key, row.id, row.seq, row.payload)
  const { kind, value } = work.subject
  const subject = kind === 'contact' ? null : subjectOf(value)
  const isKept = subject !== null && (await isNeeded(deps.database.db, work, row))
  const without = withoutPerson(chunk, subject, mentionsOf(work.subject), isKept)
  if (without === null) return
  const payload = await createPackChunk()(key, row.id, without.chunk)
  await inTransaction(deps.database, async (tx) => {
    await lockErasure(tx, work.claim)
    const { rows } = await sql`update dnc_chunk set payload = ${payload}::bytea
      where submission = ${row.number}::bigint and seq = ${row.seq} and md5(payload) = ${row.payload_digest} returning 1`.execute(
      tx,
    )
    if (rows.length === 0) throw new Error(`Chunk ${row.seq} of ${row.id} was written meanwhile`)
    const count = without.entries + without.rejected
    const remains = { entry_to_be_sent: isKept ? without.entries : 0 }
    await noteDone(tx, work, 'entries', { found: count, erased: count, remains }, after)
  })
}

/**
 * Erases the person's cells from the stored chunks of do-not-call entries, and the number unless it
 * is still needed. The entries themselves are keyed digests and still suppress the person.
 */
export const eraseEntries: EraseLot = async (deps, work, after) => {
  const { db } = deps.database
  const { rows } = await sql<{ number: string }>`select number from dnc_submission
    where tenant_id = ${work.erasure.tenantId} and number > ${after === null || after === '' ? '0' : after}::bigint and state <> 'receiving'
    order by number limit ${LOT}`.execute(db)
  const numbers = rows.map(({ number }) => number)
  for (const row of await chunksOf(db, work, numbers)) {
    await eraseChunk(deps, work, row, after ?? '')
  }
  const next = numbers.length < LOT ? null : numbers.at(-1)!
  await inTransaction(deps.database, async (tx) => {
    await lockErasure(tx, work.claim)
    await noteDone(tx, work, 'entries', {}, next)
  })
  return next
}

/** How many entries of the tenant still suppress the person. */
export const countSuppressions = async (tx: Tx, { erasure }: ErasureWork): Promise<number> => {
  if (erasure.kind === 'contact') return 0
  const { rows } = await sql<{
    n: number
  }>`select count(*)::int as n from dnc_entry e join dnc_submission s on s.number = e.submission
    where e.subject = ${erasure.subjectDigest}::uuid and s.tenant_id = ${erasure.tenantId} and s.epoch is not null
      and s.kind in ('add', 'pull') and ${NOT_OVER}`.execute(tx)
  return rows[0]!.n
}
