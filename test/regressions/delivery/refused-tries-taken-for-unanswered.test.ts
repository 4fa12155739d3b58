import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { GenesysFailure } from '../../../src/domain/genesys/genesys-failure.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { Crash, createWorkingGateway } from '../../support/gateway/working-gateway.ts'
import { createShipmentLane } from '../../support/stages/shipment-lane.ts'
import { ids, stageUpload } from '../../support/stages/store-uploads.ts'

/**
 * Genesys refused a request twice: first with 429, and then for good. It had taken no row at either
 * try, but the rows were reported as possibly delivered, because only the last try counted.
 */
eachHome('An upload that Genesys refuses for good after a 429', (home) => {
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
})
