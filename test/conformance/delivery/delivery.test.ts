import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import type { Upload } from '../../../src/domain/uploads/upload.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { FenceLost } from '../../../src/workflows/ports/delivery/delivery.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import {
  claimLane,
  clearLanes,
  intend,
  register,
  settle,
} from '../../support/stages/lane-batches.ts'
import { fillRegister } from '../../support/stages/sealed-rows.ts'
import { audit, ids, stageUpload } from '../../support/stages/store-uploads.ts'

/**
 * Sets the end of the lease far into the past. Nobody checks the clock here, so a lease does not
 * end as soon as its time has passed.
 */
const expire = (store: Store, lane: string) =>
  store.sql.executeSql(
    `update lane set lease_until = clock_timestamp() - interval '1 hour' where key = $1`,
    [lane],
  )

eachHome('Lanes and delivery', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
  })
  after(() => store.close())

  it('gives a lane to one holder, and its uploads in accepted order', async () => {
    await clearLanes(store)
    const first = await stageUpload(store)
    const second = await stageUpload(store)
    const claims = await Promise.all(['a', 'b', 'c'].map((owner) => store.lanes.claim(owner)))
    const held = claims.filter((claim) => claim !== null)
    assert.equal(held.length, 1)
    const claim = held[0]!
    assert.equal((await store.delivery.next(claim))?.id, first.id)
    await store.delivery.hold(claim, {
      uploadId: first.id,
      reason: 'list_error',
      retryInMs: null,
      audit: audit('upload.held', first.id),
    })
    assert.equal((await store.delivery.next(claim))?.id, second.id)
    await store.lanes.release(claim, 60_000)
    assert.equal(await store.lanes.claim('b'), null)
  })

  it('hands an expired lease on and refuses every write of the stale holder', async () => {
    await clearLanes(store)
    const upload = await stageUpload(store)
    const stale = await claimLane(store)
    const batch = await intend(store, stale, upload)
    assert.equal(await store.lanes.claim('new'), null)
    await expire(store, stale.key)
    const fresh = await claimLane(store)
    assert.ok(BigInt(fresh.fence) > BigInt(stale.fence))
    // The second claim tells that the former holder did not release the lane.
    assert.equal(stale.silentMs, undefined)
    assert.notEqual(fresh.silentMs, undefined)
    assert.equal(await store.lanes.renew(stale), null)
    await store.lanes.release(stale, 0)
    assert.deepEqual(await store.lanes.renew(fresh), { nudges: 0 })
    assert.equal(await store.delivery.next(stale), null)
    await assert.rejects(settle(store, stale, upload, batch), FenceLost)
    await assert.rejects(store.delivery.move(stale, upload.id, 'delivering'), FenceLost)
    await assert.rejects(store.delivery.noteJob(stale, batch, 'job'), FenceLost)
    assert.equal((await store.uploads.find('default', upload.id))?.counts.delivered, 0)
    assert.equal(await store.delivery.registerSize('default', 'list-1'), 0)
  })

  it('settles once, fills register and ledger, and finishes with sums that hold', async () => {
    await clearLanes(store)
    const upload = await stageUpload(store, { list: 'settle', accepted: ['a', 'b', 'c'] })
    const claim = await claimLane(store)
    await store.delivery.move(claim, upload.id, 'delivering')
    const batch = await intend(store, claim, upload)
    await store.delivery.recordTry(claim, batch)
    await store.delivery.noteJob(claim, batch, 'job-1')
    const [kept] = await store.delivery.batches(upload.id)
    assert.deepEqual([kept?.state, kept?.attempts, kept?.jobId], ['sent', 1, 'job-1'])
    const once = await settle(store, claim, upload, batch)
    const twice = await settle(store, claim, upload, batch)
    assert.deepEqual(twice, once)
    assert.deepEqual([once.counts.delivered, once.counts.failed], [1, 1])
    const { known } = await store.delivery.registered('default', 'settle', ['a', 'b'])
    assert.deepEqual([...known.keys()], ['a'])
    const done = await store.delivery.finish(claim, {
      uploadId: upload.id,
      state: 'completed',
      problem: null,
      audit: audit('upload.finished', upload.id),
    })
    assert.equal(done.state, 'completed_with_errors')
    assert.equal(done.counts.unprocessed, 1)
    const { rows } = await store.uploads.ledger(upload.id, { outcomes: [], afterLine: 0, limit: 9 })
    assert.deepEqual(
      rows.map((row) => [row.outcome, row.code]),
      [
        ['delivered', null],
        ['failed', 'genesys-refused'],
        ['unprocessed', 'not-sent'],
      ],
    )
    assert.equal(await store.delivery.next(claim), null)
  })

  it('replaces a refused batch by its parts', async () => {
    await clearLanes(store)
    const upload = await stageUpload(store)
    const claim = await claimLane(store)
    const whole = await intend(store, claim, upload)
    const part = (fromRow: number) => ({
      id: ids.newUuid(),
      chunkSeq: 0,
      fromRow,
      toRow: fromRow + 1,
      sent: Buffer.from([1]),
    })
    const parts = [part(0), part(1)]
    await store.delivery.split(claim, whole, upload.id, parts, true)
    const batches = await store.delivery.batches(upload.id)
    assert.deepEqual(
      batches.map(({ id }) => id),
      parts.map(({ id }) => id),
    )
    const after = await store.uploads.find('default', upload.id)
    assert.equal(after?.delivery.batches.total, 2)
  })

  it('gives a hold to look at when its time has come, to one taker, and leaves one that needs a call', async () => {
    await clearLanes(store)
    const upload = await stageUpload(store)
    const claim = await claimLane(store)
    await store.delivery.move(claim, upload.id, 'delivering')
    const hold = (reason: 'genesys_unavailable' | 'refusals', retryInMs: number | null) =>
      store.delivery.hold(claim, {
        uploadId: upload.id,
        reason,
        retryInMs,
        audit: audit('upload.held', upload.id),
      })
    const held = await hold('genesys_unavailable', 60_000)
    assert.equal(held.hold?.reason, 'genesys_unavailable')
    assert.deepEqual(await store.holds.takeDue(60_000), [])
    await store.sql.executeSql(`update upload set retry_at = clock_timestamp() where id = $1`, [
      upload.id,
    ])
    assert.equal(await store.lanes.wakeHeld(), 0)
    const [due] = await store.holds.takeDue(60_000)
    assert.deepEqual([due?.id, due?.reason], [upload.id, 'genesys_unavailable'])
    assert.deepEqual(await store.holds.takeDue(60_000), [])
    assert.deepEqual(await store.uploads.find('default', upload.id), held)
    assert.equal(await store.holds.end({ ...due!, reason: 'list_not_ready' }), false)
    assert.equal(await store.holds.end(due!), true)
    assert.equal((await store.delivery.next(claim))?.state, 'delivering')
    await hold('refusals', null)
    assert.deepEqual(await store.holds.takeDue(60_000), [])
    assert.equal(await store.holds.end(due!), false)
  })

  it('makes a released lane ready at once when work came while it was held', async () => {
    await clearLanes(store)
    const upload = await stageUpload(store)
    const claim = await claimLane(store)
    await store.delivery.hold(claim, {
      uploadId: upload.id,
      reason: 'list_error',
      retryInMs: null,
      audit: audit('upload.held', upload.id),
    })
    await stageUpload(store)
    await store.lanes.release(claim, 60_000)
    assert.notEqual(await store.lanes.claim('next'), null)
  })

  it('never lets older content replace newer in the register', async () => {
    await clearLanes(store)
    const older = await stageUpload(store, { list: 'supersede' })
    const newer = await stageUpload(store, { list: 'supersede' })
    const claim = await claimLane(store)
    for (const upload of [newer, older]) {
      await settle(store, claim, upload, await intend(store, claim, upload))
    }
    const { known } = await store.delivery.registered('default', 'supersede', ['a'])
    assert.equal(known.get('a')?.acceptedSeq, newer.acceptedSeq)
  })

  it('keeps one register row a contact when four settle the same contacts at once', async () => {
    await clearLanes(store)
    await fillRegister(store, 'shared', 0, [])
    const contacts = Array.from({ length: 200 }, (_, index) => `c${index}`)
    const lists = ['dl-1', 'dl-2', 'dl-3', 'dl-4']
    const work: (() => Promise<Upload>)[] = []
    for (const [index, list] of lists.entries()) {
      const upload = await stageUpload(store, { list, accepted: contacts })
      const claim = await claimLane(store)
      const batch = await intend(store, claim, upload)
      // Four lanes write the register of one list at the same time, so that a lane's own mutual
      // exclusion does not matter.
      await store.sql.executeSql(`update upload set contact_list_id = 'shared' where id = $1`, [
        upload.id,
      ])
      const delivered = register(...(index % 2 === 0 ? contacts : contacts.toReversed()))
      work.push(() =>
        store.delivery.settle(claim, {
          uploadId: upload.id,
          batchId: batch,
          counts: { delivered: 200, unchanged: 0, failed: 0, unprocessed: 0 },
          results: [],
          delivered,
          audit: audit('upload.batch.settled', upload.id),
        }),
      )
    }
    await Promise.all(work.map((run) => run()))
    assert.equal(await store.delivery.registerSize('default', 'shared'), 200)
  })
})
