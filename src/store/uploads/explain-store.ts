import { sql } from 'kysely'

import { SEEN_STATES } from '../../domain/uploads/upload.ts'
import { hasBit } from '../../lib/bitmap.ts'
import type { ExplainStore } from '../../workflows/ports/uploads/explain.ts'
import { ifKept, type UploadStore } from '../../workflows/ports/uploads/uploads.ts'
import { MISSING } from '../delivery/compare-contacts.ts'
import { isOf } from '../delivery/register.ts'
import type { Database, Db } from '../homes/database.ts'
import { pageOfRows } from '../homes/page-cursor.ts'
import type { Seals } from '../homes/seals.ts'
import { newestOf } from './upload-pages.ts'
import { toUpload, UPLOAD_COLUMNS, type UploadRow } from './upload-row.ts'

type Deps = {
  database: Database
  readChunk: UploadStore['readChunk']
  seals: Seals
}

/** Where a page continues: after the upload, or before one of its lines. */
type Place = { uploadId: string; line: number | null }

const CURSOR = /^(?<uploadId>[A-Za-z0-9_-]{1,80})(?:\.(?<line>\d{1,10}))?$/

/** null: the text is not a cursor. */
const placeOf = (cursor: string): Place | null => {
  const { uploadId, line } =
    CURSOR.exec(Buffer.from(cursor, 'base64url').toString('latin1'))?.groups ?? {}
  if (uploadId === undefined) return null
  return { uploadId, line: line === undefined ? null : Number(line) }
}

const cursorBefore = ({ uploadId, line }: Found): string =>
  Buffer.from(`${uploadId}.${line}`, 'latin1').toString('base64url')

type ChunkPlace = { upload_id: string; seq: number }

/**
 * The chunks of these uploads that may contain the digest: those of the newest upload first, and
 * the last of each upload first. There is no index for the digest. The digests of a chunk are one
 * value, and an index with an entry for each row would double what staging writes.
 */
const chunksWith = async (
  db: Db,
  uploadIds: readonly string[],
  digest: Buffer,
): Promise<ChunkPlace[]> => {
  const { rows } = await sql<ChunkPlace>`select c.upload_id, c.seq
    from unnest(${uploadIds}::text[]) as asked (id)
      join upload u on u.id = asked.id and u.data_key is not null
      join chunk c on c.upload_id = u.id
    where position(${digest}::bytea in c.id_digests) > 0 order by c.upload_id desc, c.seq desc`.execute(
    db,
  )
  return rows
}

type Found = { uploadId: string; line: number }
type Limits = { before: Place | null; rows: number; rowsOfEach: number }

/**
 * The rows of a contact, the newest upload and its last line first. A match in the digests is only
 * a hint, because it may begin in one digest and end in the next. The chunk itself decides. At
 * most `rows` rows and one more, which shows that there are others. Chunks behind it are not
 * opened.
 */
const rowsWith = async (
  deps: Deps,
  uploadIds: readonly string[],
  contactId: string,
  { before, rows, rowsOfEach }: Limits,
): Promise<Found[]> => {
  const found: Found[] = []
  const ofUpload = new Map<string, number>()
  const digest = deps.seals.contactIds.digests([contactId])
  const isBehind = (uploadId: string, line: number): boolean =>
    uploadId !== before?.uploadId || before.line === null || line < before.line
  for (const { upload_id: uploadId, seq } of await chunksWith(
    deps.database.db,
    uploadIds,
    digest,
  )) {
    if (found.length > rows) break
    let ofThis = ofUpload.get(uploadId) ?? 0
    if (ofThis >= rowsOfEach) continue
    const chunk = await ifKept(deps.readChunk(uploadId, seq))
    for (const [row, id] of [...(chunk?.contactIds ?? []).entries()].toReversed()) {
      const line = chunk!.lines[row]!
      if (id !== contactId || !isBehind(uploadId, line)) continue
      if (ofThis >= rowsOfEach || found.length > rows) break
      found.push({ uploadId, line })
      ofThis += 1
    }
    ofUpload.set(uploadId, ofThis)
  }
  return found
}

const createUploadsOf =
  (deps: Deps): ExplainStore['uploadsOf'] =>
  async ({ tenantId, contactListId, contactId, scan, cursor, ...most }) => {
    const before = cursor === null ? null : placeOf(cursor)
    if (cursor !== null && before === null) return null
    const than = before?.line === null ? sql.raw('<') : sql.raw('<=')
    const older = before === null ? sql`` : sql`and id ${than} ${before.uploadId}`
    const ofList = sql`tenant_id = ${tenantId} and contact_list_id = ${contactListId} ${older}`
    const about = { order: sql`id desc`, limit: scan + 1 }
    const { rows } = await sql<UploadRow>`select ${UPLOAD_COLUMNS} from upload
      where id in (${newestOf(SEEN_STATES, ofList, about)}) order by id desc`.execute(
      deps.database.db,
    )
    const page = pageOfRows(rows.map(toUpload), scan)
    const ids = page.items.map(({ id }) => id)
    const { rows: mostRows = Infinity, rowsOfEach = Infinity } = most
    const found = await rowsWith(deps, ids, contactId, { before, rows: mostRows, rowsOfEach })
    const shown = found.slice(0, mostRows)
    const last = found.length > shown.length ? shown.at(-1) : undefined
    const lines = Map.groupBy(shown, ({ uploadId }) => uploadId)
    const items = page.items
      .slice(0, last === undefined ? undefined : ids.indexOf(last.uploadId) + 1)
      .map((upload) => {
        return { upload, lines: (lines.get(upload.id) ?? []).map(({ line }) => line).toReversed() }
      })
    return { items, next: last === undefined ? page.next : cursorBefore(last) }
  }

type CarriedRow = {
  request_id: string
  batch_id: string
  attempts: number
  sent_at: Date | null
  job_id: string | null
  from_row: number
  sent: Buffer
  state: string
  settled_at: Date | null
}

/**
 * The requests that contain a row of a chunk, in the order of their last tries (`newestFirst`: in
 * the reverse order). Includes requests that were split, refused or never tried, because they
 * contain the row too.
 */
export const requestsThatCarried = async (
  db: Db,
  uploadId: string,
  { seq, row, newestFirst }: { seq: number; row: number; newestFirst: boolean },
): Promise<CarriedRow[]> => {
  const { rows } =
    await sql<CarriedRow>`select s.id as request_id, b.id as batch_id, s.attempts, s.sent_at, s.job_id, b.from_row, b.sent, b.state, b.settled_at
    from batch b join shipment s on s.id = b.shipment_id
    where b.upload_id = ${uploadId} and b.chunk_seq = ${seq}::int and ${row}::int >= b.from_row and ${row}::int < b.to_row
    order by s.sent_at ${newestFirst ? sql`desc` : sql``}, s.id`.execute(db)
  return rows.filter(({ from_row: from, sent }) => hasBit(sent, row - from))
}

const createRequestsOf =
  ({ database: { db }, readChunk }: Deps): ExplainStore['requestsOf'] =>
  async (uploadId, line) => {
    const { rows: chunks } = await sql<{ seq: number }>`select seq from chunk
      where upload_id = ${uploadId} and ${line}::int between first_line and last_line`.execute(db)
    const seq = chunks[0]?.seq
    if (seq === undefined) return []
    const row = (await ifKept(readChunk(uploadId, seq)))?.lines.indexOf(line)
    if (row === undefined) return []
    const carried = await requestsThatCarried(db, uploadId, { seq, row, newestFirst: true })
    return carried.flatMap(({ request_id: requestId, attempts, sent_at: sentAt, job_id: jobId }) =>
      attempts > 0 && sentAt !== null
        ? [{ requestId, tries: attempts, lastTriedAt: sentAt.toISOString(), jobId }]
        : [],
    )
  }

type EntryRow = {
  upload_id: string
  line: number
  accepted_seq: string
  delivered_at: Date
  in_doubt: boolean
}

/** The SQL store that reads what the stored rows and the register contain about one contact. */
export const createExplainStore = (deps: Deps): ExplainStore => ({
  uploadsOf: createUploadsOf(deps),
  requestsOf: createRequestsOf(deps),
  linesOf: async (uploadId, contactId, most) => {
    const limits = { before: null, rows: most, rowsOfEach: most }
    const found = await rowsWith(deps, [uploadId], contactId, limits)
    return found.map(({ line }) => line).toReversed()
  },
  lastCleared: async (contactListId) => {
    const { rows } = await sql<{ cleared_seq: string; cleared_at: Date }>`
      select cleared_seq, cleared_at from list_clearing
      where list_id = ${contactListId} and cleared_at is not null`.execute(deps.database.db)
    const row = rows[0]
    return row ? { acceptedSeq: Number(row.cleared_seq), at: row.cleared_at.toISOString() } : null
  },
  registerEntry: async (tenantId, contactListId, contactId) => {
    const { rows } = await sql<EntryRow>`select upload_id, line, accepted_seq, delivered_at,
        content_hash in (''::bytea, ${MISSING}) or accepted_seq < coalesce(doubt_seq, 0) as in_doubt
      from contact_register known left join list_clearing on list_clearing.list_id = ${contactListId}
      where ${isOf(deps.seals, { tenantId, listId: contactListId }, [contactId])}
        and accepted_seq >= coalesce(cleared_seq, 0)`.execute(deps.database.db)
    const row = rows[0]
    if (!row) return null
    return {
      uploadId: row.upload_id,
      line: row.line,
      acceptedSeq: Number(row.accepted_seq),
      deliveredAt: row.delivered_at.toISOString(),
      inDoubt: row.in_doubt,
    }
  },
})
