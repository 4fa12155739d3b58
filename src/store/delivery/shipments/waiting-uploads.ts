import { isDeepStrictEqual } from 'node:util'

import { sql } from 'kysely'

import type { Upload } from '../../../domain/uploads/upload.ts'
import { DIGEST_BYTES } from '../../../lib/keyed-digest.ts'
import type { ShipmentStore } from '../../../workflows/ports/delivery/shipments.ts'
import type { Database, Db } from '../../homes/database.ts'
import { toUpload, UPLOAD_COLUMNS, type UploadRow, workableIn } from '../../uploads/upload-row.ts'

type WaitingRow = UploadRow & { chunks: number; begun: boolean }

/**
 * Whether an upload may share a request. Such an upload appends the rows of one chunk in batches,
 * has no batch yet (split batches do not count), and is not to be cancelled.
 */
const isPlain = (row: WaitingRow): boolean =>
  row.mode === 'append' &&
  row.method === 'batches' &&
  row.chunks === 1 &&
  !row.begun &&
  row.cancel_requested_at === null

const canShare = (upload: Upload, first: Upload): boolean =>
  upload.tenantId === first.tenantId &&
  upload.schemaVersion === first.schemaVersion &&
  isDeepStrictEqual(upload.queue, first.queue)

/** The contacts of uploads with one chunk, as digests. */
const readContacts = async (
  db: Db,
  uploads: readonly Upload[],
): Promise<Map<string, Set<string>>> => {
  const { rows } = await sql<{ upload_id: string; id_digests: Buffer }>`
    select upload_id, id_digests from chunk
    where upload_id = any(${uploads.map(({ id }) => id)}::text[]) and seq = 0`.execute(db)
  return new Map(
    rows.map(({ upload_id: id, id_digests: digests }) => [
      id,
      new Set(
        Array.from({ length: digests.length / DIGEST_BYTES }, (_, at) =>
          digests.toString('latin1', at * DIGEST_BYTES, (at + 1) * DIGEST_BYTES),
        ),
      ),
    ]),
  )
}

const seqOf = ({ acceptedSeq }: Upload): number => acceptedSeq ?? 0

/**
 * Cuts `uploads` before the first upload that shares a contact with an earlier upload in `passed`.
 * `passed`: uploads of other tenants that this request leaves out. Without the cut, this request
 * would send the newer content of the contact first. The passed upload would later overwrite this
 * content with older content. Genesys identifies a contact only by its id, whichever tenant sent
 * it.
 */
const untilCollision = async (
  db: Db,
  uploads: readonly Upload[],
  passed: readonly Upload[],
): Promise<Upload[]> => {
  if (uploads.length === 0 || passed.length === 0) return [...uploads]
  const contacts = await readContacts(db, [...uploads, ...passed])
  const end = uploads.findIndex((upload) => {
    const own = contacts.get(upload.id)
    const before = passed.filter((other) => seqOf(other) < seqOf(upload))
    return before.some((other) => {
      const others = contacts.get(other.id)
      return own === undefined || others === undefined || !own.isDisjointFrom(others)
    })
  })
  return end < 0 ? [...uploads] : uploads.slice(0, end)
}

/**
 * The lane's oldest uploads that may share a request, in their order. `behind`: if given, only
 * uploads that come after this upload and may share its request.
 */
export const createWaiting =
  ({ db }: Database): ShipmentStore['waiting'] =>
  async (claim, limit, behind) => {
    const known =
      behind === undefined
        ? sql``
        : sql`and (accepted_seq > ${behind.acceptedSeq}::bigint or tenant_id <> ${behind.tenantId})`
    const { rows } = await sql<WaitingRow>`select ${UPLOAD_COLUMNS},
        (select count(*)::int from (select from chunk where upload_id = upload.id limit 2) as c) as chunks,
        exists (select from batch where upload_id = upload.id and state <> 'split') as begun
      from upload where ${workableIn(sql`${claim.key}`)}
        and exists (select from lane where key = ${claim.key} and owner = ${claim.owner} and fence = ${claim.fence}::bigint)
        ${known} order by accepted_seq limit ${limit}`.execute(db)
    const uploads: Upload[] = []
    const passed: Upload[] = []
    for (const row of rows) {
      if (!isPlain(row)) break
      const upload = toUpload(row)
      const first = behind ?? uploads[0] ?? upload
      if (canShare(upload, first)) uploads.push(upload)
      else if (upload.tenantId !== first.tenantId) passed.push(upload)
      else break
    }
    return untilCollision(db, uploads, passed)
  }
