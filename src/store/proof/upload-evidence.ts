import { sql, type RawBuilder } from 'kysely'

import { mentionsOf, type Mentions } from '../../domain/erasures/erasure.ts'
import { type StagedChunk, unpackSubjects } from '../../domain/uploads/chunk.ts'
import { DIGEST_BYTES } from '../../lib/keyed-digest.ts'
import type {
  EvidenceStore,
  EvidenceSubject,
  FoundRow,
  RowSearch,
  WalkedUpload,
} from '../../workflows/ports/proof/evidence.ts'
import { ifKept, type UploadStore } from '../../workflows/ports/uploads/uploads.ts'
import type { Db } from '../homes/database.ts'
import { requestsThatCarried } from '../uploads/explain-store.ts'

type UploadRow = {
  id: string
  contact_list_id: string
  created_at: Date
  checked_at: Date | null
  settled_at: Date
  rows_kept: boolean
  chunks: number
}

const toWalked = (row: UploadRow): WalkedUpload => ({
  id: row.id,
  contactListId: row.contact_list_id,
  createdAt: row.created_at.toISOString(),
  checkedAt: (row.checked_at ?? row.created_at).toISOString(),
  settledAt: row.settled_at.toISOString(),
  chunks: row.chunks,
  rowsKept: row.rows_kept,
})

/**
 * The latest time that PostgreSQL reads from ISO 8601, because it reads no year of five digits. A
 * cursor may contain an id with a later time.
 */
const LATEST = Date.parse('9999-12-31T23:59:59.999Z')

/**
 * The time that the id of an upload contains. It replaces the stored time if the upload is gone.
 */
const timeOfId = (id: string): string =>
  new Date(Math.min(Number.parseInt(id.slice(4, 16), 16) || 0, LATEST)).toISOString()

/** When the upload `after` began. */
const beginOf = (after: string): RawBuilder<unknown> =>
  sql`coalesce((select l.created_at from upload l where l.id = ${after}), ${timeOfId(after)}::timestamptz)`

const ENDED = sql.raw(`('completed', 'completed_with_errors', 'failed', 'cancelled')`)

/**
 * Each of three indexes finds some of the uploads:
 * - the uploads that began in the period or shortly before
 * - the uploads that began earlier and have not ended
 * - the uploads that began earlier, took more than an hour and did not end before the period
 *
 * If all uploads of the tenant were read in their order instead, everything before a recent period
 * would be read first. If the planner expects more uploads than there are, it would choose that
 * order. The `offset` prevents this.
 */
export const createUploadsBehind =
  (db: Db): EvidenceStore['uploadsBehind'] =>
  async ({ tenantId, after, from, to, limit }) => {
    const begin = sql`${from}::timestamptz`
    const shortly = sql`${begin} - interval '1 hour'`
    const last = beginOf(after)
    const isPast = after === '' ? sql`` : sql`and ${last} < ${shortly}`
    const beyond =
      after === ''
        ? sql``
        : sql`and created_at >= ${last} and (created_at, id) > (${last}, ${after})`
    const own = sql`select id, created_at from upload
      where tenant_id = ${tenantId} and created_at < ${to}::timestamptz ${beyond}`
    const earlier = sql`${own} and created_at < ${shortly} ${isPast}`
    const next = sql`order by created_at, id limit ${limit}`
    const { rows } =
      await sql<UploadRow>`select id, contact_list_id, created_at, checked_at, coalesce(completed_at, updated_at) as settled_at,
        data_key is not null as rows_kept, (select count(*)::int from chunk where upload_id = upload.id) as chunks
      from upload where id = any(array(select id from (
        (${own} and created_at >= ${shortly} and state <> 'receiving'
          and (completed_at is null or completed_at >= ${begin}) ${next})
        union all (select * from (${earlier} and state not in ${ENDED}
          and state <> 'receiving' offset 0) as open ${next})
        union all (select * from (${earlier} and completed_at >= ${begin}
          and completed_at - created_at > interval '1 hour' offset 0) as slow ${next})
      ) as behind ${next}))
      order by created_at, id`.execute(db)
    return rows.map(toWalked)
  }

type Candidate = { upload_id: string; seq: number; subjects: Buffer | null }

/**
 * The chunks that have the digest, and chunks without digests or with rejected rows, because only
 * their cells can decide. Returns at most one chunk more than may be opened.
 */
const candidatesIn = async (
  db: Db,
  { uploadIds, after, limits }: RowSearch,
  digest: Buffer,
): Promise<Candidate[]> => {
  const ids = sql`${[...uploadIds]}::text[]`
  const isAfter =
    after === null ? sql`` : sql`and (c.upload_id <> ${after.uploadId} or c.seq > ${after.seq})`
  const { rows } =
    await sql<Candidate>`select c.upload_id, c.seq, c.subjects from chunk c join upload u on u.id = c.upload_id
    where c.upload_id = any(${ids}) and u.data_key is not null ${isAfter}
      and (c.subjects is null or c.last_line - c.first_line + 1 > c.accepted or position(${digest}::bytea in c.subjects) > 0)
    order by array_position(${ids}, c.upload_id), c.seq limit ${limits.opened + 1}`.execute(db)
  return rows
}

/**
 * The accepted rows of the person, by their digests. If the chunk has no digests yet: by its cells.
 */
const acceptedRows = (
  { subjects }: Candidate,
  chunk: StagedChunk,
  digest: Buffer,
  mentions: Mentions,
): Set<number> => {
  const rows = new Set<number>()
  if (subjects === null) {
    for (const row of chunk.contactIds.keys()) {
      const cells = chunk.cells.slice(row * chunk.width, (row + 1) * chunk.width)
      if (cells.some((cell) => mentions.isCell(cell))) rows.add(row)
    }
    return rows
  }
  const { subjectDigests, subjectRows } = unpackSubjects(subjects)
  for (const [index, row] of subjectRows.entries()) {
    const at = index * DIGEST_BYTES
    if (subjectDigests.subarray(at, at + DIGEST_BYTES).equals(digest)) rows.add(row)
  }
  return rows
}

const foundIn = (
  candidate: Candidate,
  chunk: StagedChunk,
  digest: Buffer,
  mentions: Mentions,
): FoundRow[] => {
  const { upload_id: uploadId, seq } = candidate
  const accepted = [...acceptedRows(candidate, chunk, digest, mentions)].map((row) => ({
    ...{ uploadId, line: chunk.lines[row]!, place: { seq, row } },
    match: candidate.subjects === null ? ('cells' as const) : ('digest' as const),
  }))
  const rejected = chunk.rejected
    .filter(({ cells }) => cells.some((cell) => mentions.isCell(cell)))
    .map(({ line }) => ({ uploadId, line, place: null, match: 'cells' as const }))
  return [...accepted, ...rejected].toSorted((one, other) => one.line - other.line)
}

/**
 * Opens only chunks that may have a row of the person (`candidatesIn`), one at a time. `digestOf`
 * must make the digests that intake stores.
 */
export const createRowsOf =
  (
    db: Db,
    readChunk: UploadStore['readChunk'],
    digestOf: (subject: EvidenceSubject) => Buffer,
  ): EvidenceStore['rowsOf'] =>
  async (search, subject) => {
    const digest = digestOf(subject)
    const mentions = mentionsOf(subject)
    const rows: FoundRow[] = []
    const goneIds = new Set<string>()
    const candidates = await candidatesIn(db, search, digest)
    let opened = 0
    for (const candidate of candidates) {
      const { upload_id: uploadId, seq } = candidate
      const chunk = await ifKept(readChunk(uploadId, seq))
      opened += 1
      if (chunk === null) goneIds.add(uploadId)
      else for (const row of foundIn(candidate, chunk, digest, mentions)) rows.push(row)
      const isFull = rows.length >= search.limits.rows || opened >= search.limits.opened
      if (isFull && opened < candidates.length) {
        return { rows, opened, goneIds, endedAt: { uploadId, seq } }
      }
    }
    return { rows, opened, goneIds, endedAt: null }
  }

/**
 * The requests are in the order of their last tries. They include requests that were never sent,
 * with 0 tries.
 */
export const createTriesOf =
  (db: Db): EvidenceStore['triesOf'] =>
  async (uploadId, place) => {
    const carried = await requestsThatCarried(db, uploadId, { ...place, newestFirst: false })
    return carried.map((one) => ({
      ...{ requestId: one.request_id, batchId: one.batch_id, tries: one.attempts },
      ...{ lastTriedAt: one.sent_at?.toISOString() ?? null, jobId: one.job_id },
      settledAt: one.state === 'settled' ? (one.settled_at?.toISOString() ?? null) : null,
    }))
  }
