import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { GenesysFailure } from '../../../src/domain/genesys/genesys-failure.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { eraseOnce, ERASED, STILL_WAITING } from '../../support/erasures/erase-once.ts'
import { CALLER, createWorkingGateway } from '../../support/gateway/working-gateway.ts'
import { type MemoryGenesys, rowError } from '../../support/memory/memory-genesys.ts'
import { ids } from '../../support/stages/store-uploads.ts'

/** More failed jobs than the lane's budget pays for, so that the upload is held. */
const ROWS = 180

/**
 * The upload was held because jobs failed in Genesys. The request of the last job stayed open, so
 * that the upload can send its rows again. An erasure took this request for one whose result is not
 * known, and waited until a person resumed or cancelled the upload.
 */
eachHome('An erasure of a person whose rows were in a job that has ended', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  const gatewayWith = (onJob: MemoryGenesys['onJob']) => {
    const listId = `list-${ids.newUuid()}`
    const g = createWorkingGateway(store, listId, { jobs: true })
    g.genesys.onJob = onJob
    return { ...g, listId }
  }

  for (const delivery of ['batches', 'file'] as const) {
    it(`ends while the upload is held, because the job refused the columns (${delivery})`, async () => {
      const errors = [rowError(0, 'genesys-unknown-column')]
      const g = gatewayWith((job, jobId) =>
        jobId === 'job-1' ? { ...job, failed: 1, errors } : job,
      )
      const { id } = await g.upload(
        [
          { id: 'a', note: 'x' },
          { id: 'b', note: 'x' },
        ],
        { delivery },
      )
      await g.work()
      assert.equal((await g.find(id)).hold?.reason, 'refusals')
      assert.deepEqual(await eraseOnce(store, g.genesys, g.listId, 'a'), ERASED)
      g.genesys.contacts.clear()
      await g.control({ caller: CALLER, uploadId: id, action: 'resume' })
      await g.work()
      assert.equal((await g.find(id)).state, 'completed')
      assert.deepEqual([...g.genesys.contacts.keys()], ['b'], 'the erased row is not sent again')
    })
  }

  it('ends while the upload is held, because too many jobs failed as a whole', async () => {
    const g = gatewayWith((job) => ({ ...job, state: 'failed' }))
    const rows = Array.from({ length: ROWS }, (_, row) => ({ id: `c${row}`, note: 'x' }))
    const { id } = await g.upload(rows)
    await g.work()
    assert.equal((await g.find(id)).hold?.reason, 'refusals')
    const open = (await store.delivery.batches(id)).filter(({ state }) => state === 'sent')
    assert.ok(open.length > 0)
    for (const { chunkSeq, fromRow } of open) {
      const { contactIds } = await store.uploads.readChunk(id, chunkSeq)
      assert.deepEqual(await eraseOnce(store, g.genesys, g.listId, contactIds[fromRow]!), ERASED)
    }
  })

  it('still waits while the upload is held, because Genesys does not find the jobs', async () => {
    const g = gatewayWith(() => {
      throw new GenesysFailure('not_found', 'readJob', { status: 404 })
    })
    const rows = Array.from({ length: ROWS }, (_, row) => ({ id: `c${row}`, note: 'x' }))
    const { id } = await g.upload(rows)
    await g.work()
    assert.equal((await g.find(id)).hold?.reason, 'refusals')
    const open = (await store.delivery.batches(id)).find(({ state }) => state === 'sent')!
    const { contactIds } = await store.uploads.readChunk(id, open.chunkSeq)
    assert.deepEqual(
      await eraseOnce(store, g.genesys, g.listId, contactIds[open.fromRow]!),
      STILL_WAITING,
    )
  })

  it('still waits if the upload was paused before Genesys reported the job', async () => {
    const pauses: Promise<unknown>[] = []
    const g = gatewayWith((job) => {
      if (pauses.length === 0) {
        pauses.push(g.control({ caller: CALLER, uploadId: id, action: 'pause' }))
      }
      return { ...job, state: 'processing' }
    })
    const { id } = await g.upload([{ id: 'a', note: 'x' }])
    await g.work()
    await Promise.all(pauses)
    assert.equal((await g.find(id)).state, 'paused')
    assert.deepEqual(await eraseOnce(store, g.genesys, g.listId, 'a'), STILL_WAITING)
  })

  it('waits again once the upload has sent its rows in another job', async () => {
    const errors = [rowError(0, 'genesys-unknown-column')]
    const pauses: Promise<unknown>[] = []
    const g = gatewayWith((job) => {
      if (g.genesys.sent.length === 1) return { ...job, failed: 1, errors }
      if (pauses.length === 0) {
        pauses.push(g.control({ caller: CALLER, uploadId: id, action: 'pause' }))
      }
      return { ...job, state: 'processing' }
    })
    const { id } = await g.upload([{ id: 'a', note: 'x' }])
    await g.work()
    await g.control({ caller: CALLER, uploadId: id, action: 'resume' })
    await g.work()
    await Promise.all(pauses)
    assert.equal((await g.find(id)).state, 'paused')
    assert.equal(g.genesys.sent.length, 2)
    assert.deepEqual(await eraseOnce(store, g.genesys, g.listId, 'a'), STILL_WAITING)
  })
})
