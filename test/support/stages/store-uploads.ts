import type { AuditAction, AuditSaid } from '../../../src/domain/audit/audit-details.ts'
import { type AuditEntry, byGateway, createAuditEntry } from '../../../src/domain/audit/audit.ts'
import { type NewChunk, textOfCells } from '../../../src/domain/uploads/chunk.ts'
import { uploadOptionsSchema } from '../../../src/domain/uploads/upload-options.ts'
import { ZERO_COUNTS, type Upload, type UploadSource } from '../../../src/domain/uploads/upload.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { createIds } from '../../../src/lib/ids.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import type { NewUpload, StageUpload } from '../../../src/workflows/ports/uploads/uploads.ts'

export const ids = createIds({ clock: systemClock })

export const SOURCE: UploadSource = {
  fileName: 'contacts.csv',
  format: 'csv',
  encoding: 'utf-8',
  delimiter: ',',
  bytes: 10,
  sha256: 'ab',
}

export const audit = (action: AuditAction, object: string): AuditEntry =>
  createAuditEntry(ids, byGateway({ tenantId: 'default', requestId: 'req' }), {
    // Stores do not check what an audit entry says.
    ...({ action } as AuditSaid),
    object,
  })

/** A chunk of one column, from line 2 on: first `accepted` contacts, then `rejected` rows. */
export const chunkOf = (
  seq: number,
  firstLine: number,
  accepted: string[],
  rejected = 0,
  content = 'cell',
): NewChunk => ({
  seq,
  firstLine,
  lastLine: firstLine + accepted.length + rejected - 1,
  width: 1,
  lines: Uint32Array.from(accepted, (_, index) => firstLine + index),
  text: textOfCells({
    width: 1,
    contactIds: accepted,
    cells: accepted.map((id) => `${content}-${id}`),
  }),
  rejected: Array.from({ length: rejected }, (_, index) => ({
    line: firstLine + accepted.length + index,
    code: 'phone-invalid',
    column: 'phone',
    cells: ['raw'],
  })),
  blank: 0,
  idDigests: Buffer.alloc(accepted.length * 16, 1),
  subjectDigests: Buffer.alloc(0),
  subjectRows: new Uint16Array(),
})

/** An upload of the default tenant as it is when it begins. */
export const newUpload = (id: string, list: string, source = SOURCE): NewUpload => ({
  id,
  tenantId: 'default',
  contactListId: list,
  laneKey: `contact_list:${list}`,
  mode: 'append',
  duplicates: 'update',
  source,
  schemaVersion: '1',
  requestId: 'req',
  owner: 'me',
})

export const beginUpload = async (store: Store, list = 'list-1'): Promise<string> => {
  const id = ids.newId('upl')
  await store.uploads.begin(newUpload(id, list))
  return id
}

export const claimKey = (store: Store, key: string, owner = 'me', deadAfterMs = 60_000) =>
  store.idempotency.claim({
    tenantId: 'default',
    method: 'POST',
    path: '/x',
    key,
    owner,
    deadAfterMs,
  })

export const stageInput = (uploadId: string, chunk: NewChunk, key: string): StageUpload => ({
  uploadId,
  tenantId: 'default',
  counts: {
    ...ZERO_COUNTS,
    read: chunk.lines.length + chunk.rejected.length,
    accepted: chunk.lines.length,
    rejected: chunk.rejected.length,
  },
  rejections: chunk.rejected.length > 0 ? { 'phone-invalid': chunk.rejected.length } : {},
  columns: [{ name: 'phone', kind: 'phone', mappedTo: 'phone' }],
  targetColumns: ['phone'],
  schemaVersion: '1',
  source: SOURCE,
  options: uploadOptionsSchema.parse({}),
  planDigest: 'plan',
  planBasis: 'basis',
  plan: null,
  parentId: null,
  leftOut: new Map(),
  registries: null,
  replacedBy: new Map(),
  suppressed: new Map(),
  suppressionEpochs: {},
  batchesTotal: chunk.lines.length > 0 ? 1 : 0,
  chunks: 1,
  delivery: { method: 'batches', duplicateCheckField: null },
  queue: null,
  audit: audit('upload.accepted', uploadId),
  claim: { method: 'POST', path: '/x', key, owner: 'me', fingerprint: 'print' },
  answer: (upload) => ({ status: 202, body: JSON.stringify({ id: upload.id }) }),
})

/** Stages an upload of one chunk. */
export const stageUpload = async (
  store: Store,
  options: { list?: string; accepted?: string[]; rejected?: number; content?: string } = {},
): Promise<Upload> => {
  const id = await beginUpload(store, options.list)
  const { accepted = ['a', 'b'], rejected = 0, content } = options
  const chunk = chunkOf(0, 2, accepted, rejected, content)
  await store.uploads.appendChunks(id, [chunk])
  const key = ids.newUuid()
  await claimKey(store, key)
  return (await store.uploads.stage(stageInput(id, chunk, key))).upload
}
