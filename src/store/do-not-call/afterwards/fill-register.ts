import { sql } from 'kysely'

import { hasBit } from '../../../lib/bitmap.ts'
import { DIGEST_BYTES } from '../../../lib/keyed-digest.ts'
import type {
  FillPlace,
  RegisterFillStore,
} from '../../../workflows/ports/do-not-call/afterwards.ts'
import type { SuppressionPort } from '../../../workflows/ports/do-not-call/suppressions.ts'
import { subjectColumns, subjectNumbers } from '../../delivery/register-subjects.ts'
import { inTransaction, type Database, type Db, type Tx } from '../../homes/database.ts'

type Deps = { database: Database; fillSubjects: SuppressionPort['fillSubjects'] }

type ChunkRow = { seq: number; subjects: Buffer | null; id_digests: Buffer; left_out: Buffer }

/** The upload that delivered contacts without subjects, beyond the place. */
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

/** Rows that intake kept, in the order of their digests, in which settlements write them too. */
const keptRows = ({ id_digests: digests, left_out: leftOut }: ChunkRow) =>
  Array.from({ length: digests.length / DIGEST_BYTES }, (_, row) => ({
    row,
    digest: digests.toString('hex', row * DIGEST_BYTES, (row + 1) * DIGEST_BYTES),
  }))
    .filter(({ row }) => !hasBit(leftOut, row))
    .toSorted((one, other) => (one.digest < other.digest ? -1 : 1))

/** Only what the upload delivered last: content that came later has its own subjects. */
const write = async (tx: Tx, place: FillPlace, chunk: ChunkRow): Promise<number> => {
  const kept = keptRows(chunk)
  const subjectsOf = subjectNumbers(chunk.subjects)
  const [first, second, third, more] = subjectColumns(
    kept.map(({ row }) => ({ subjects: subjectsOf(row) })),
  )
  const { rows } = await sql`with given as materialized (
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
    returning 1`.execute(tx)
  return rows.length
}

export const createRegisterFill = ({ database, fillSubjects }: Deps): RegisterFillStore => ({
  fill: async (after) => {
    const { db } = database
    const going = after === null ? null : await nextChunk(db, after)
    const upload = going === null ? await nextUpload(db, after) : after
    if (upload === null) return null
    const begun = { registerId: upload.registerId, uploadId: upload.uploadId, seq: -1 }
    let chunk = going ?? (await nextChunk(db, begun))
    // Its chunks are gone.
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
