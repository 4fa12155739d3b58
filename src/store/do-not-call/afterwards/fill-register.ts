import { sql } from 'kysely'

import { unpackSubjects } from '../../../domain/uploads/chunk.ts'
import { hasBit } from '../../../lib/bitmap.ts'
import { DIGEST_BYTES } from '../../../lib/keyed-digest.ts'
import type {
  FillPlace,
  RegisterFillStore,
} from '../../../workflows/ports/do-not-call/afterwards.ts'
import type { SuppressionPort } from '../../../workflows/ports/do-not-call/suppressions.ts'
import { subjectColumns, subjectNumbers } from '../../delivery/register-subjects.ts'
import { inTransaction, type Database, type Db, type Tx } from '../../homes/database.ts'
import { suppressedAmong } from '../standing-entries.ts'
import { lockNewEpochs } from '../suppressed-since.ts'
import { noteRetractions } from './note-retractions.ts'

type Deps = { database: Database; fillSubjects: SuppressionPort['fillSubjects'] }

type ChunkRow = { seq: number; subjects: Buffer | null; id_digests: Buffer; left_out: Buffer }

/** The next upload after this place that has contacts without subjects in the register. */
const nextUpload = async (
  db: Db,
  after: FillPlace | null,
): Promise<Omit<FillPlace, 'seq'> | null> => {
  const { registerId, uploadId } = after ?? { registerId: 0, uploadId: '' }
  const { rows } = await sql<{ register_id: number; upload_id: string }>`
    select register_id, upload_id from contact_register
    where subject_1 is null and (register_id, upload_id) > (${registerId}::int, ${uploadId})
    order by register_id, upload_id limit 1`.execute(db)
  const row = rows[0]
  return row === undefined ? null : { registerId: row.register_id, uploadId: row.upload_id }
}

const nextChunk = async (
  db: Db,
  { uploadId, seq }: Pick<FillPlace, 'uploadId' | 'seq'>,
): Promise<ChunkRow | null> => {
  const { rows } = await sql<ChunkRow>`select seq, subjects, id_digests, left_out from chunk
    where upload_id = ${uploadId} and seq > ${seq} order by seq limit 1`.execute(db)
  return rows[0] ?? null
}

/**
 * The rows that intake did not leave out, in the order of their digests. Settlements write contacts
 * in the same order.
 */
const keptRows = ({ id_digests: digests, left_out: leftOut }: ChunkRow) =>
  Array.from({ length: digests.length / DIGEST_BYTES }, (_, row) => ({
    row,
    digest: digests.toString('hex', row * DIGEST_BYTES, (row + 1) * DIGEST_BYTES),
  }))
    .filter(({ row }) => !hasBit(leftOut, row))
    .toSorted((one, other) => (one.digest < other.digest ? -1 : 1))

/**
 * Writes the subjects of the contacts whose newest content came from this upload. Content from
 * later uploads has its own subjects. Returns how many contacts were written.
 */
const write = async (tx: Tx, place: FillPlace, chunk: ChunkRow): Promise<number> => {
  const register = await readRegister(tx, place)
  await lockNewEpochs(tx, register.list_id)
  const kept = keptRows(chunk)
  const subjectsOf = subjectNumbers(chunk.subjects)
  const [first, second, third, more] = subjectColumns(
    kept.map(({ row }) => ({ subjects: subjectsOf(row) })),
  )
  const { rows } = await sql<{ digest: string }>`with given as materialized (
      select decode(digest, 'hex') as digest, subject_1, subject_2, subject_3, more::bigint[] as more
      from unnest(${kept.map(({ digest }) => digest)}::text[], ${first}::bigint[], ${second}::bigint[], ${third}::bigint[], ${more}::text[])
        as d (digest, subject_1, subject_2, subject_3, more) where subject_1 is not null),
    theirs as materialized (select contact_digest from contact_register known join given on known.contact_digest = given.digest
      where register_id = ${place.registerId} and upload_id = ${place.uploadId} and known.subject_1 is null
      order by contact_digest for update of known)
    update contact_register known set subject_1 = given.subject_1, subject_2 = given.subject_2, subject_3 = given.subject_3,
      more_subjects = given.more
    from given join theirs on theirs.contact_digest = given.digest
    where known.register_id = ${place.registerId} and known.contact_digest = given.digest
    returning encode(known.contact_digest, 'hex') as digest`.execute(tx)
  await retractFilled(tx, place, chunk, register, new Set(rows.map(({ digest }) => digest)))
  return rows.length
}

type Register = { list_id: string; tenant_id: string }

const readRegister = async (tx: Tx, { registerId }: FillPlace): Promise<Register> => {
  const { rows } =
    await sql<Register>`select list_id, tenant_id from register where id = ${registerId}`.execute(
      tx,
    )
  return rows[0]!
}

/**
 * Compares the contacts that just got their subjects with all entries, because earlier searches for
 * these entries could not find the contacts. The epochs were locked before the contacts were
 * written. A transaction that adds entries in the meantime therefore finds the contacts itself.
 */
const retractFilled = async (
  tx: Tx,
  { registerId }: FillPlace,
  { subjects, id_digests: ids }: ChunkRow,
  { list_id: listId, tenant_id: tenantId }: Register,
  filled: ReadonlySet<string>,
): Promise<void> => {
  if (subjects === null || filled.size === 0) return
  const { subjectDigests, subjectRows } = unpackSubjects(subjects)
  const found = await suppressedAmong(tx, listId, subjectDigests)
  const hits = [...subjectRows].flatMap((row, index) => {
    const digest = subjectDigests.subarray(index * DIGEST_BYTES, (index + 1) * DIGEST_BYTES)
    const entry = found.get(digest.toString('latin1'))
    const contact = ids.toString('hex', row * DIGEST_BYTES, (row + 1) * DIGEST_BYTES)
    if (entry === undefined || !filled.has(contact)) return []
    return [{ contact, subject: digest.toString('hex'), submission: entry.submission }]
  })
  if (hits.length === 0) return
  const contacts = sql`select ${listId} as contact_list_id, known.contact_digest, h.subject::uuid as subject, h.submission, null::bigint as edition, known.sealed_id,
      ${tenantId} as tenant_id, known.upload_id, known.line, known.delivered_at as held_at
    from jsonb_to_recordset(${JSON.stringify(hits)}::jsonb) as h (contact text, subject text, submission bigint)
      join contact_register known on known.register_id = ${registerId} and known.contact_digest = decode(h.contact, 'hex')
      left join list_clearing on list_clearing.list_id = ${listId}
    where known.accepted_seq >= coalesce(cleared_seq, 0)`
  await noteRetractions(tx, contacts, false)
}

/**
 * The SQL store that fills registers. In the same transaction, it also notes which of the filled
 * contacts must be retracted, because an entry names them.
 */
export const createRegisterFill = ({ database, fillSubjects }: Deps): RegisterFillStore => ({
  fill: async (after) => {
    const { db } = database
    const going = after === null ? null : await nextChunk(db, after)
    const upload = going === null ? await nextUpload(db, after) : after
    if (upload === null) return null
    const begun = { registerId: upload.registerId, uploadId: upload.uploadId, seq: -1 }
    let chunk = going ?? (await nextChunk(db, begun))
    // The rows of this upload are past their retention, so its contacts stay without subjects.
    if (chunk === null) return { place: begun, filled: 0 }
    if (chunk.subjects === null) {
      await fillSubjects(begun.uploadId)
      chunk = (await nextChunk(db, { ...begun, seq: chunk.seq - 1 }))!
    }
    const place = { ...begun, seq: chunk.seq }
    return {
      place,
      filled: await inTransaction(database, (tx) => write(tx, place, chunk)),
    }
  },
  countUnfilled: async () => {
    const { rows } = await sql<{ unfilled: number }>`update register set unfilled = counted.rows
      from (select id, (select count(*)::int from contact_register where register_id = id and subject_1 is null) as rows
        from register order by id for update) as counted
      where register.id = counted.id returning unfilled`.execute(database.db)
    return rows.reduce((sum, { unfilled }) => sum + unfilled, 0)
  },
})
