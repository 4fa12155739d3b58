import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import type { Upload } from '../../../src/domain/uploads/upload.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { UploadMoved, type LaneClaim } from '../../../src/workflows/ports/delivery/delivery.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { claimLane, clearLanes, intend, settle } from '../../support/stages/lane-batches.ts'
import { audit, stageUpload } from '../../support/stages/store-uploads.ts'

const controlOf =
  (store: Store, upload: Upload) => async (action: 'pause' | 'resume' | 'cancel') => {
    const result = await store.uploads.control({
      tenantId: 'default',
      uploadId: upload.id,
      action,
      audit: audit('upload.controlled', upload.id),
    })
    assert.ok(result)
    return result
  }

const finish = (store: Store, claim: LaneClaim, upload: Upload, state: 'completed' | 'cancelled') =>
  store.delivery.finish(claim, {
    uploadId: upload.id,
    state,
    problem: null,
    audit: audit('upload.finished', upload.id),
  })

eachHome('Pausing and cancelling what is in flight', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
  })
  after(() => store.close())

  it('keeps the outcome of what was sent when paused meanwhile, and begins nothing new', async () => {
    await clearLanes(store)
    const upload = await stageUpload(store)
    const claim = await claimLane(store)
    const batch = await intend(store, claim, upload)
    await store.delivery.recordTry(claim, batch)
    const control = controlOf(store, upload)
    await control('pause')
    await assert.rejects(store.delivery.recordTry(claim, batch), UploadMoved)
    const settled = await settle(store, claim, upload, batch)
    assert.deepEqual([settled.state, settled.counts.delivered], ['paused', 1])
    assert.equal(await store.delivery.next(claim), null)
    await store.lanes.release(claim, 60_000)
    await control('resume')
    const again = await claimLane(store)
    assert.equal((await store.delivery.next(again))?.id, upload.id)
    // The batch is settled, so there is nothing to wait for, and the upload is cancelled
    // immediately.
    await control('cancel')
    const ignored = await settle(store, again, upload, batch)
    assert.equal(ignored.state, 'cancelled')
    assert.equal(ignored.counts.delivered + ignored.counts.failed + ignored.counts.unprocessed, 2)
  })

  it('cancels at once what was only intended, and then lets nobody send it', async () => {
    await clearLanes(store)
    const upload = await stageUpload(store)
    const claim = await claimLane(store)
    const batch = await intend(store, claim, upload)
    const result = await controlOf(store, upload)('cancel')
    assert.ok(result.kind === 'done')
    assert.deepEqual([result.upload.state, result.upload.counts.unprocessed], ['cancelled', 2])
    await assert.rejects(store.delivery.recordTry(claim, batch), UploadMoved)
  })

  it('cancels what is in flight only when its outcome is known, and begins nothing until then', async () => {
    await clearLanes(store)
    const upload = await stageUpload(store, { list: 'cancel', accepted: ['a', 'b', 'c'] })
    const claim = await claimLane(store)
    const control = controlOf(store, upload)
    await store.delivery.move(claim, upload.id, 'delivering')
    const batch = await intend(store, claim, upload)
    await store.delivery.recordTry(claim, batch)
    const asked = await control('cancel')
    assert.ok(asked.kind === 'done')
    assert.deepEqual([asked.upload.state, asked.upload.cancelRequested], ['delivering', true])
    assert.deepEqual(await control('cancel'), asked)
    assert.deepEqual(await control('pause'), { kind: 'refused', state: 'delivering' })

    const about = { uploadId: upload.id, audit: audit('upload.held', upload.id) }
    for (const begun of [
      () => intend(store, claim, upload),
      () => store.delivery.recordTry(claim, batch),
      () => store.delivery.move(claim, upload.id, 'awaiting_completion'),
      () => store.delivery.split(claim, batch, upload.id, [], true),
      () => store.delivery.hold(claim, { ...about, reason: 'refusals', retryInMs: null }),
      () => finish(store, claim, upload, 'completed'),
    ]) {
      await assert.rejects(begun, UploadMoved)
    }
    await store.delivery.noteJob(claim, batch, 'job-1')
    const next = await store.delivery.next(claim)
    assert.deepEqual([next?.id, next?.cancelRequested], [upload.id, true])

    await store.delivery.hold(claim, { ...about, reason: 'genesys_unavailable', retryInMs: 0 })
    const [due] = await store.holds.takeDue(60_000)
    assert.equal(await store.holds.end(due!), true)
    await settle(store, claim, upload, batch)
    const done = await finish(store, claim, upload, 'cancelled')
    const { delivered, failed, unprocessed } = done.counts
    assert.deepEqual([done.state, delivered, failed, unprocessed], ['cancelled', 1, 1, 1])
    assert.ok(done.completedAt)
    const again = await control('cancel')
    assert.ok(again.kind === 'done')
    assert.equal(again.upload.version, done.version)
    const { rows } = await store.uploads.ledger(upload.id, { outcomes: [], afterLine: 0, limit: 9 })
    assert.deepEqual(
      rows.map((row) => row.code),
      [null, 'genesys-refused', 'cancelled'],
    )
  })

  it('takes a paused upload with an unknown outcome back to its lane to be cancelled', async () => {
    await clearLanes(store)
    const upload = await stageUpload(store)
    const claim = await claimLane(store)
    await store.delivery.recordTry(claim, await intend(store, claim, upload))
    const control = controlOf(store, upload)
    await control('pause')
    await store.lanes.release(claim, 60_000)
    const asked = await control('cancel')
    assert.ok(asked.kind === 'done')
    assert.equal(asked.upload.state, 'awaiting_completion')
    assert.equal((await store.delivery.next(await claimLane(store)))?.id, upload.id)
  })

  it('is not cancelled immediately while the call that clears the list has no answer', async () => {
    await clearLanes(store)
    const upload = await stageUpload(store)
    const claim = await claimLane(store)
    await store.delivery.intendClearing(claim, {
      uploadId: upload.id,
      sizeBefore: 5,
      audit: audit('list.cleared', upload.contactListId),
    })
    const asked = await controlOf(store, upload)('cancel')
    assert.ok(asked.kind === 'done')
    assert.deepEqual([asked.upload.state, asked.upload.cancelRequested], ['staged', true])
    await store.delivery.askedToClear(claim, upload.id)
    const ended = await finish(store, claim, upload, 'cancelled')
    assert.equal(ended.state, 'cancelled')
  })

  it('ends no upload as cancelled that nobody asked to cancel', async () => {
    await clearLanes(store)
    const upload = await stageUpload(store)
    const claim = await claimLane(store)
    await assert.rejects(finish(store, claim, upload, 'cancelled'), /Nobody asked/)
  })
})
