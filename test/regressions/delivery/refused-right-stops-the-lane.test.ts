import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { GenesysFailure } from '../../../src/domain/genesys/genesys-failure.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { createShipmentLane } from '../../support/stages/shipment-lane.ts'
import { stageUpload } from '../../support/stages/store-uploads.ts'

/**
 * Genesys let the gateway read the list, but refused its rows as a whole: the client lacks the
 * right to add contacts, or the list was deleted a moment ago. The shared request stayed open, and
 * the oldest upload was then delivered alone, with the same batch. Its try failed with an internal
 * error ("is not open"), again at each claim. No upload of the list ever ended.
 */
eachHome('Genesys refuses a shared request, but not because of its rows', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  for (const [kind, problem] of [
    ['forbidden', 'genesys-refused'],
    ['not_found', 'contact-list-gone'],
  ] as const) {
    it(`each upload fails and says why (${kind})`, async () => {
      const list = `refused-${kind}`
      const { genesys, work } = createShipmentLane(store, list)
      genesys.onSend = () => {
        throw new GenesysFailure(kind, 'send-batch')
      }
      const uploads = [
        await stageUpload(store, { list, accepted: ['a'] }),
        await stageUpload(store, { list, accepted: ['b'] }),
      ]
      await work(null)
      for (const { id } of uploads) {
        const upload = await store.uploads.find('default', id)
        assert.deepEqual(
          [upload?.state, upload?.problem?.code, upload?.counts.unprocessed],
          ['failed', problem, 1],
        )
      }
    })
  }
})
