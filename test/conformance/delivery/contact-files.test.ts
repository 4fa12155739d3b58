import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import type { Store } from '../../../src/store/homes/open-store.ts'
import { FenceLost, type NewPart } from '../../../src/workflows/ports/delivery/delivery.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { audit, ids, stageUpload } from '../../support/stages/store-uploads.ts'

const batch = (fromRow: number, toRow: number, sent: number) => ({
  id: ids.newUuid(),
  chunkSeq: 0,
  fromRow,
  toRow,
  sent: Buffer.from([sent]),
})
const part = (seq: number, batches: NewPart['batches']): NewPart => ({
  id: ids.newUuid(),
  seq,
  method: 'file',
  rows: batches.length,
  bytes: 10 * batches.length,
  batches,
})

eachHome('Parts of an upload', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
  })
  after(() => store.close())

  const begin = async () => {
    await store.sql.executeSql(`delete from upload`)
    await store.sql.executeSql(`delete from lane`)
    const upload = await stageUpload(store, { accepted: ['a', 'b', 'c'] })
    const claim = (await store.lanes.claim('me'))!
    const intend = (one: NewPart) =>
      store.delivery.intendPart(claim, upload.id, one, audit('upload.batch.intended', one.id), [])
    const settle = (batchId: string) =>
      store.delivery.settle(claim, {
        uploadId: upload.id,
        batchId,
        counts: { delivered: 1, unchanged: 0, failed: 0, unprocessed: 0 },
        results: [],
        delivered: [],
        audit: audit('upload.batch.settled', batchId),
      })
    return { upload, claim, intend, settle }
  }
  const stateOf = async (uploadId: string) =>
    (await store.delivery.parts(uploadId)).map(({ seq, state, jobId, attempts }) => [
      seq,
      state,
      jobId,
      attempts,
    ])

  it('are sent with their batches, keep their newest job, and are settled with the last batch', async () => {
    const { upload, claim, intend, settle } = await begin()
    const one = part(1, [batch(0, 2, 3), batch(2, 3, 1)])
    await intend(one)
    assert.deepEqual(await stateOf(upload.id), [[1, 'intended', null, 0]])
    await store.delivery.recordTry(claim, one.id)
    await store.delivery.noteJob(claim, one.id, 'job-1')
    assert.deepEqual(await stateOf(upload.id), [[1, 'sent', 'job-1', 1]])
    await store.delivery.recordTry(claim, one.id)
    assert.deepEqual(await stateOf(upload.id), [[1, 'sent', null, 2]])
    const batches = await store.delivery.batches(upload.id)
    assert.deepEqual(
      batches.map(({ partId, state, jobId, attempts, sent }) => [
        partId,
        state,
        jobId,
        attempts,
        sent[0],
      ]),
      [
        [one.id, 'sent', null, 2, 3],
        [one.id, 'sent', null, 2, 1],
      ],
    )
    await store.delivery.noteJob(claim, one.id, 'job-2')
    await settle(batches[0]!.id)
    assert.deepEqual(await stateOf(upload.id), [[1, 'sent', 'job-2', 2]])
    await settle(batches[1]!.id)
    assert.deepEqual(await stateOf(upload.id), [[1, 'settled', 'job-2', 2]])
    const [found] = await store.delivery.parts(upload.id)
    assert.deepEqual([found?.rows, found?.bytes, found?.sentAt instanceof Date], [2, 20, true])
  })

  it('are replaced by smaller ones, and their batches with them', async () => {
    const { upload, claim, intend } = await begin()
    const one = part(1, [batch(0, 3, 7)])
    await intend(one)
    const halves = [part(2, [batch(0, 1, 1)]), part(3, [batch(1, 3, 3)])]
    await store.delivery.splitPart(claim, one.id, upload.id, halves, true)
    assert.deepEqual(await stateOf(upload.id), [
      [2, 'intended', null, 0],
      [3, 'intended', null, 0],
    ])
    const batches = await store.delivery.batches(upload.id)
    assert.deepEqual(
      batches.map(({ partId, fromRow, toRow }) => [partId, fromRow, toRow]),
      halves.map(({ id, batches: [only] }) => [id, only!.fromRow, only!.toRow]),
    )
    const { delivery } = (await store.uploads.find('default', upload.id))!
    assert.equal(delivery.batches.total, 2)
    await assert.rejects(
      store.delivery.splitPart(claim, one.id, upload.id, [], true),
      /cannot be split/,
    )
  })

  it('are begun by the holder of the lane alone, and not once cancelling was asked for', async () => {
    const { upload, claim, intend } = await begin()
    const one = part(1, [batch(0, 3, 7)])
    await intend(one)
    await store.delivery.recordTry(claim, one.id)
    const asked = { tenantId: 'default', uploadId: upload.id, action: 'cancel' as const }
    await store.uploads.control({ ...asked, audit: audit('upload.controlled', upload.id) })
    const found = (await store.uploads.find('default', upload.id))!
    assert.equal(found.cancelRequested, true, 'Genesys may have rows of the part')
    await assert.rejects(store.delivery.recordTry(claim, one.id))
    await store.delivery.noteJob(claim, one.id, 'job-1')
    const stale = { ...claim, fence: '0' }
    await assert.rejects(store.delivery.noteJob(stale, one.id, 'job-2'), FenceLost)
  })
})
