import assert from 'node:assert/strict'

import type { Upload } from '../../../src/domain/uploads/upload.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import type { LaneClaim, RegisterRow } from '../../../src/workflows/ports/delivery/delivery.ts'
import { audit, ids } from './store-uploads.ts'

/** Claims the ready lane of the store. The test fails if no lane is ready. */
export const claimLane = async (store: Store): Promise<LaneClaim> => {
  const claim = await store.lanes.claim('me')
  assert.ok(claim)
  return claim
}

/** Ends all open work, so that no lane of another test can be claimed. */
export const clearLanes = async (store: Store): Promise<void> => {
  await store.sql.executeSql(`delete from upload`)
  await store.sql.executeSql(`delete from lane`)
}

/** Writes the intent to send the first two rows of an upload. Returns the id of the batch. */
export const intend = async (store: Store, claim: LaneClaim, upload: Upload): Promise<string> => {
  const id = ids.newUuid()
  const batch = { id, chunkSeq: 0, fromRow: 0, toRow: 2, sent: Buffer.from([3]) }
  await store.delivery.intend(claim, upload.id, batch, audit('upload.batch.intended', upload.id))
  return id
}

/** Rows of the register for these contacts, all with the same content. Lines start at 2. */
export const register = (...contactIds: string[]): RegisterRow[] =>
  contactIds.map((contactId, index) => ({
    contactId,
    contentHash: Buffer.alloc(16, 5),
    line: index + 2,
    row: index,
  }))

/** Settles such a batch. The contact `a` is delivered, and Genesys refuses line 3. */
export const settle = (store: Store, claim: LaneClaim, upload: Upload, batchId: string) =>
  store.delivery.settle(claim, {
    uploadId: upload.id,
    batchId,
    counts: { delivered: 1, unchanged: 0, failed: 1, unprocessed: 0 },
    results: [
      { line: 3, chunkSeq: 0, outcome: 'failed', code: 'genesys-refused', column: 'phone' },
    ],
    delivered: register('a'),
    audit: audit('upload.batch.settled', upload.id),
  })
