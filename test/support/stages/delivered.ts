import assert from 'node:assert/strict'

import { subjectDigest } from '../../../src/domain/do-not-call/subject.ts'
import type { NewChunk } from '../../../src/domain/uploads/chunk.ts'
import type { Upload } from '../../../src/domain/uploads/upload.ts'
import { createBitmap, setBit } from '../../../src/lib/bitmap.ts'
import { keyedDigest } from '../../../src/lib/keyed-digest.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import type { LaneClaim } from '../../../src/workflows/ports/delivery/delivery.ts'
import { audit, beginUpload, chunkOf, claimKey, ids, stageInput } from './store-uploads.ts'

/** A chunk of contacts by id, each with these phones and addresses. */
export const contactsOf = (
  store: Store,
  people: Readonly<Record<string, readonly string[]>>,
): NewChunk => {
  const subjects = Object.values(people).flatMap((values, row) =>
    values.map((value) => ({ row, digest: subjectDigest(store.digestKey, value) })),
  )
  return {
    ...chunkOf(0, 2, Object.keys(people)),
    idDigests: Buffer.concat(Object.keys(people).map((id) => keyedDigest(store.digestKey, id))),
    subjectDigests: Buffer.concat(subjects.map(({ digest }) => digest)),
    subjectRows: Uint16Array.from(subjects, ({ row }) => row),
  }
}

export type Sent = { claim: LaneClaim; upload: Upload; batchId: string; chunk: NewChunk }

/** An upload of the chunk, whose request was recorded as tried. */
export const send = async (store: Store, list: string, chunk: NewChunk): Promise<Sent> => {
  const id = await beginUpload(store, list)
  await store.uploads.appendChunks(id, [chunk])
  const key = ids.newUuid()
  await claimKey(store, key)
  await store.sql.executeSql(`update lane set ready_at = 'infinity'`)
  const { epochs: suppressionEpochs } = await store.suppressions.standingOf(list)
  const { upload } = await store.uploads.stage({ ...stageInput(id, chunk, key), suppressionEpochs })
  const claim = await store.lanes.claim('me')
  assert.ok(claim?.key === upload.laneKey)
  const rows = chunk.lines.length
  const sent = createBitmap(rows)
  for (let row = 0; row < rows; row += 1) setBit(sent, row)
  const batch = { id: ids.newUuid(), chunkSeq: 0, fromRow: 0, toRow: rows, sent }
  await store.delivery.intend(claim, id, batch, audit('upload.batch.intended', batch.id))
  await store.delivery.recordTry(claim, batch.id)
  return { claim, upload, batchId: batch.id, chunk }
}

/** Settles the request as delivered, ends the upload and releases the lane. */
export const settleSent = async (
  store: Store,
  { claim, upload, batchId, chunk }: Sent,
): Promise<void> => {
  const { contactIds, lines } = await store.uploads.readChunk(upload.id, 0)
  const rows = chunk.lines.length
  await store.delivery.settle(claim, {
    uploadId: upload.id,
    batchId,
    counts: { delivered: rows, unchanged: 0, failed: 0, unprocessed: 0 },
    results: [],
    chunk: { contactIds, lines },
    delivered: contactIds.map((contactId, row) => ({
      ...{ contactId, row, line: chunk.lines[row]! },
      contentHash: Buffer.alloc(16, 1),
    })),
    audit: audit('upload.batch.settled', batchId),
  })
  await store.delivery.finish(claim, {
    ...{ uploadId: upload.id, state: 'completed', problem: null },
    audit: audit('upload.finished', upload.id),
  })
  await store.lanes.release(claim, 60_000)
}

/** Delivers an upload of the chunk. */
export const deliver = async (store: Store, list: string, chunk: NewChunk): Promise<Upload> => {
  const sent = await send(store, list, chunk)
  await settleSent(store, sent)
  return sent.upload
}
