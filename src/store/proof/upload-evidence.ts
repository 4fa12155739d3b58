import { sql } from 'kysely'

import { mentionsOf, type Mentions } from '../../domain/erasures/erasure.ts'
import { type StagedChunk, unpackSubjects } from '../../domain/uploads/chunk.ts'
import { DIGEST_BYTES } from '../../lib/keyed-digest.ts'
import type {
  EvidenceStore,
  EvidenceSubject,
  FoundRow,
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

export const createUploadsBehind =
  (db: Db): EvidenceStore['uploadsBehind'] =>
  async ({ tenantId, after, from, to, limit }) => {
    const { rows } =
      await sql<UploadRow>`select id, contact_list_id, created_at, checked_at, coalesce(completed_at, updated_at) as settled_at,
        data_key is not null as rows_kept, (select count(*)::int from chunk where upload_id = upload.id) as chunks
      from upload where tenant_id = ${tenantId} and id > ${after} and state <> 'receiving' and created_at < ${to}::timestamptz
        and (completed_at is null or completed_at >= ${from}::timestamptz)
      order by id limit ${limit}`.execute(db)
    return rows.map(toWalked)
  }

type Candidate = { upload_id: string; seq: number; subjects: Buffer | null }

/** Chunks with the digest, and those with rows that only their cells tell of. */
const candidatesIn = async (
  db: Db,
  uploads: readonly string[],
  digest: Buffer,
): Promise<Candidate[]> => {
  const { rows } =
    await sql<Candidate>`select c.upload_id, c.seq, c.subjects from chunk c join upload u on u.id = c.upload_id
    where c.upload_id = any(${[...uploads]}::text[]) and u.data_key is not null
      and (c.subjects is null or c.last_line - c.first_line + 1 > c.accepted or position(${digest}::bytea in c.subjects) > 0)
    order by c.upload_id, c.seq`.execute(db)
  return rows
}

/**
 * Accepted rows that are the person: by the digests beside the chunk and, where it has none yet, by
 * its cells.
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

export const createRowsOf =
  (
    db: Db,
    readChunk: UploadStore['readChunk'],
    digestOf: (subject: EvidenceSubject) => Buffer,
  ): EvidenceStore['rowsOf'] =>
  async (uploadIds, subject) => {
    const digest = digestOf(subject)
    const mentions = mentionsOf(subject)
    const rows: FoundRow[] = []
    const goneIds = new Set<string>()
    const candidates = await candidatesIn(db, uploadIds, digest)
    for (const candidate of candidates) {
      const chunk = await ifKept(readChunk(candidate.upload_id, candidate.seq))
      if (chunk === null) goneIds.add(candidate.upload_id)
      else rows.push(...foundIn(candidate, chunk, digest, mentions))
    }
    return { rows, opened: candidates.length, goneIds }
  }

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
