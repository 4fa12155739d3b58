import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { GenesysFailure } from '../../../src/domain/genesys/genesys-failure.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { CALLER, Crash, createWorkingGateway } from '../../support/gateway/working-gateway.ts'
import { createShipmentLane } from '../../support/stages/shipment-lane.ts'
import { ids, stageUpload } from '../../support/stages/store-uploads.ts'

/**
 * Genesys refused a request twice: first with 429, and then for good. It had taken no row at either
 * try, but the rows were reported as possibly delivered, because only the last try counted.
 */
eachHome('An upload whose requests Genesys refuses', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  const codesOf = async (id: string) => {
    const { rows } = await store.uploads.ledger(id, { outcomes: [], afterLine: 0, limit: 9 })
    return rows.map(({ code }) => code)
  }
  const refuse = (_sent: unknown, time: number): never => {
    throw time === 1
      ? new GenesysFailure('throttled', 'send-batch', { status: 429 })
      : new GenesysFailure('forbidden', 'send-batch', { status: 403 })
  }

  for (const delivery of ['batches', 'file'] as const) {
    it(`reports its rows as refused (${delivery})`, async () => {
      const g = createWorkingGateway(store, `refused-${ids.newUuid()}`, { jobs: true })
      Object.assign(g.genesys, { onSend: refuse, onFile: refuse })
      const rows = ['a', 'b'].map((id) => ({ id, note: 'x' }))
      const { id } = await g.upload(rows, { delivery })
      await g.work()
      assert.equal((await g.find(id)).state, 'failed')
      assert.deepEqual(await codesOf(id), ['genesys-refused', 'genesys-refused'])
    })
  }

  it('says that the outcome is unknown if only a request for another URL was refused', async () => {
    const g = createWorkingGateway(store, `refused-${ids.newUuid()}`, { jobs: true })
    g.genesys.onFile = () => {
      throw new Crash()
    }
    const { id } = await g.upload([{ id: 'a', note: 'x' }], { delivery: 'file' })
    await g.work()
    const sendFile = (): Promise<never> =>
      Promise.reject(new GenesysFailure('forbidden', 'ask-upload-url', { status: 403 }))
    Object.assign(g.genesys.contactFiles, { sendFile })
    await g.work()
    assert.equal((await g.find(id)).state, 'failed')
    assert.deepEqual(await codesOf(id), ['outcome-unknown'])
  })

  it('reports its rows as refused too if the request was shared', async () => {
    const list = 'refused-shared'
    const { genesys, work } = createShipmentLane(store, list)
    genesys.onSend = refuse
    const uploads = [
      await stageUpload(store, { list, accepted: ['a'] }),
      await stageUpload(store, { list, accepted: ['b'] }),
    ]
    await work(null)
    for (const { id } of uploads) assert.deepEqual(await codesOf(id), ['genesys-refused'])
  })

  // Only the run that made a try knew that Genesys had refused it. A later run, and a cancellation
  // between two runs, reported the rows as possibly delivered.
  const refuseWith = (status: number) => (): never => {
    const kind = status === 401 ? 'unauthorized' : 'forbidden'
    throw new GenesysFailure(kind, 'send-batch', { status })
  }
  /** An upload that is held because Genesys refused the gateway's credentials. */
  const heldAfterRefusal = async (delivery: 'batches' | 'file') => {
    const g = createWorkingGateway(store, `refused-${ids.newUuid()}`, { jobs: true })
    Object.assign(g.genesys, { onSend: refuseWith(401), onFile: refuseWith(401) })
    const { id } = await g.upload([{ id: 'a', note: 'x' }], { delivery })
    await g.work()
    assert.equal((await g.find(id)).state, 'held')
    return { g, id }
  }

  for (const delivery of ['batches', 'file'] as const) {
    it(`reports its rows as refused if a later run fails (${delivery})`, async () => {
      const { g, id } = await heldAfterRefusal(delivery)
      Object.assign(g.genesys, { onSend: refuseWith(403), onFile: refuseWith(403) })
      await g.control({ caller: CALLER, uploadId: id, action: 'resume' })
      await g.work()
      assert.equal((await g.find(id)).state, 'failed')
      assert.deepEqual(await codesOf(id), ['genesys-refused'])
    })

    it(`is cancelled immediately, and its rows are unprocessed (${delivery})`, async () => {
      const { g, id } = await heldAfterRefusal(delivery)
      await g.control({ caller: CALLER, uploadId: id, action: 'cancel' })
      assert.equal((await g.find(id)).state, 'cancelled')
      assert.deepEqual(await codesOf(id), ['cancelled'])
    })
  }

  it('does not know the outcome of its rows if it is cancelled while Genesys refuses a later try, and an earlier try got no answer', async () => {
    const g = createWorkingGateway(store, `refused-${ids.newUuid()}`, { jobs: true })
    const { id } = await g.upload([{ id: 'a', note: 'x' }])
    let tries = 0
    g.genesys.sendBatch = async (_batch, context) => {
      await context.beforeSend?.()
      tries += 1
      if (tries === 1) throw new GenesysFailure('unavailable', 'send-batch', { status: 503 })
      await g.control({ caller: CALLER, uploadId: id, action: 'cancel' })
      await context.afterRefusal?.()
      throw new GenesysFailure('rows_refused', 'send-batch', { status: 400 })
    }
    await g.work()
    assert.equal((await g.find(id)).state, 'cancelled')
    assert.deepEqual(await codesOf(id), ['outcome-unknown'])
  })

  it('does not know the outcome of its rows if Genesys refused later requests, and an earlier request got no answer', async () => {
    const g = createWorkingGateway(store, `refused-${ids.newUuid()}`, { jobs: true })
    const { id } = await g.upload(['a', 'b'].map((row) => ({ id: row, note: 'x' })))
    g.genesys.onSend = (_batch, time) => {
      if (time === 1) throw new GenesysFailure('unavailable', 'send-batch', { status: 503 })
      if (time === 2) throw new GenesysFailure('too_large', 'send-batch', { status: 413 })
      refuseWith(401)()
    }
    await g.work()
    await g.control({ caller: CALLER, uploadId: id, action: 'cancel' })
    await g.work()
    assert.equal((await g.find(id)).state, 'cancelled')
    assert.deepEqual(await codesOf(id), ['outcome-unknown', 'outcome-unknown'])
  })
})
