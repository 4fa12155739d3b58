import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { GenesysFailure } from '../../../src/domain/genesys/genesys-failure.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { createShipmentLane } from '../../support/stages/shipment-lane.ts'
import { audit, stageUpload } from '../../support/stages/store-uploads.ts'

/** The steps of a process until Genesys has applied its first request. */
const SENT = 6
/** The steps of a process until it has given up the requests that an earlier process left open. */
const GIVEN_UP = 2
/** The steps of a process until it has given up a request that Genesys refused. */
const REFUSED = 9

/**
 * A process was killed before it got the answer to a request that several uploads shared. The next
 * process gave the request up, so that it sends the rows again. Until it did so, the uploads seemed
 * to have sent nothing. An upload that was cancelled at this moment reported its rows as unsent,
 * although Genesys had them.
 */
eachHome('An upload whose shared request was given up', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  const control = async (uploadId: string, action: 'pause' | 'cancel') => {
    const about = { tenantId: 'default', uploadId, action }
    const result = await store.uploads.control({
      ...about,
      audit: audit('upload.controlled', uploadId),
    })
    assert.ok(result?.kind === 'done')
  }
  const countsOf = async (id: string) => {
    const upload = await store.uploads.find('default', id)
    const { delivered, failed, unprocessed } = upload!.counts
    return { state: upload!.state, delivered, failed, unprocessed }
  }
  const UNKNOWN = { state: 'cancelled', delivered: 0, failed: 1, unprocessed: 0 }
  const UNSENT = { state: 'cancelled', delivered: 0, failed: 0, unprocessed: 1 }

  for (const first of [['cancel'], ['pause', 'cancel']] as const) {
    it(`does not report its row as unsent (${first.join(', then ')})`, async () => {
      const list = `given-up-${first.length}`
      const { genesys, work } = createShipmentLane(store, list)
      const [one, other] = [
        await stageUpload(store, { list, accepted: ['a'] }),
        await stageUpload(store, { list, accepted: ['b'] }),
      ]
      await work(SENT)
      await work(GIVEN_UP)
      assert.deepEqual([...genesys.contacts.keys()], ['a', 'b'])
      for (const action of first) await control(other.id, action)
      await work(null)
      assert.deepEqual(await countsOf(other.id), UNKNOWN)
      assert.equal((await countsOf(one.id)).state, 'completed')
    })
  }

  it('reports its row as unsent if Genesys refused the request', async () => {
    const list = 'given-up-refused'
    const { genesys, work } = createShipmentLane(store, list)
    genesys.onSend = () => {
      throw new GenesysFailure('rows_refused', 'send-batch')
    }
    await stageUpload(store, { list, accepted: ['a'] })
    const other = await stageUpload(store, { list, accepted: ['b'] })
    await work(REFUSED)
    await control(other.id, 'cancel')
    assert.deepEqual(await countsOf(other.id), UNSENT)
  })
})
