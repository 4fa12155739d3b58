import assert from 'node:assert/strict'

import { SUBSCRIPTIONS } from '../../../src/domain/genesys-events/genesys-webhook.ts'
import type { Upload } from '../../../src/domain/uploads/upload.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import type { LaneClaim } from '../../../src/workflows/ports/delivery/delivery.ts'
import { audit, ids, stageUpload } from '../stages/store-uploads.ts'
import { FILL } from './filled-database.ts'

/** A filled store, with an upload that is being delivered and a receipt that is open. */
export type FilledStore = {
  store: Store
  claim: LaneClaim
  upload: Upload
  batchId: string
  receiptId: string
}

/** The subscription to a Genesys event that the filled store has. */
export const TARGET = { eventType: SUBSCRIPTIONS.event.eventType, digest: Buffer.alloc(32) }
export const DNC_TARGET = { eventType: SUBSCRIPTIONS.dnc.eventType, digest: Buffer.alloc(32) }

/** A receipt of an event about a job. */
export const newReceipt = (about: { partId?: string; jobId: string }) => ({
  id: ids.newId('rcp'),
  route: 'event' as const,
  key: Buffer.from(ids.newUuid().padEnd(32).slice(0, 32)),
  partId: null,
  listId: null,
  status: 'success' as const,
  processed: 1,
  failed: 0,
  bodyDigest: Buffer.alloc(32),
  ignored: null,
  ...about,
})

/** Fills the store, and makes the objects that its statements are about. */
export const fillStore = async (store: Store): Promise<FilledStore> => {
  for (const statement of FILL) await store.sql.executeSql(statement)
  const upload = await stageUpload(store, { list: 'mine' })
  await store.sql.executeSql(
    `with granted as (insert into tenant_grant (tenant_id, kind, object_id) values ('t3', 'contact_list', 'mine')),
      raised as (insert into suppression_epoch (tenant_id, epoch) values ('t3', 20000))
    update upload set suppression_epochs = '{"t3": 19000}' where id = $1`,
    [upload.id],
  )
  // This lane has waited longest, so that the claim takes it.
  await store.sql.executeSql(`update lane set ready_at = '2026-01-01' where key = $1`, [
    upload.laneKey,
  ])
  const claim = await store.lanes.claim('me')
  assert.ok(claim?.key === upload.laneKey)
  const batch = { id: ids.newUuid(), chunkSeq: 0, fromRow: 0, toRow: 2, sent: Buffer.from([3]) }
  const noted = audit('upload.batch.intended', upload.id)
  await store.delivery.move(claim, upload.id, 'delivering')
  await store.delivery.intend(claim, upload.id, batch, noted)
  const ofFile = { ...batch, id: ids.newUuid(), chunkSeq: 1 }
  const part = {
    ...{ id: 'open-part', seq: 1, method: 'file' as const, rows: 1, bytes: 1 },
    batches: [ofFile],
  }
  const ofPart = audit('upload.batch.intended', upload.id)
  await store.delivery.intendPart(claim, upload.id, part, ofPart, [])
  for (const target of [TARGET, DNC_TARGET]) {
    await store.subscriptions.claim(target, 60_000)
    await store.subscriptions.record(target, 1, { state: 'registered', genesysId: 'g' })
  }
  const receipt = newReceipt({ jobId: 'job25000' })
  await store.receipts.record(receipt)
  return { store, claim, upload, batchId: batch.id, receiptId: receipt.id }
}
