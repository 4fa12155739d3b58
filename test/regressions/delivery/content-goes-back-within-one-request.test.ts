import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { textOfCells } from '../../../src/domain/uploads/chunk.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { createShipmentLane } from '../../support/stages/shipment-lane.ts'
import {
  beginUpload,
  chunkOf,
  claimKey,
  ids,
  stageInput,
} from '../../support/stages/store-uploads.ts'

/**
 * Two uploads shared a request: one changed a contact, and the later one changed it back. The later
 * row equalled the register, so it was `unchanged`, but the earlier row was sent all the same. So
 * Genesys kept the older of the two contents.
 */
eachHome('A contact that goes back to its content within one request', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  const give = async (list: string, content: string): Promise<string> => {
    const id = await beginUpload(store, list)
    const text = textOfCells({ width: 1, contactIds: ['a'], cells: [content] })
    const chunk = { ...chunkOf(0, 2, ['a']), text }
    await store.uploads.appendChunks(id, [chunk])
    const key = ids.newUuid()
    await claimKey(store, key)
    return (await store.uploads.stage(stageInput(id, chunk, key))).upload.id
  }
  const outcomeOf = async (id: string): Promise<unknown[]> => {
    const { rows } = await store.uploads.ledger(id, { outcomes: [], afterLine: 0, limit: 9 })
    return rows.map(({ outcome, code }) => [outcome, code])
  }

  it('has the newest content in Genesys, and the older row is superseded', async () => {
    const { genesys, work } = createShipmentLane(store, 'back')
    await give('back', 'one')
    await work(null)
    const changed = await give('back', 'two')
    const back = await give('back', 'one')
    await work(null)
    assert.equal(genesys.sent.length, 2)
    assert.equal(genesys.contacts.get('a'), 'one')
    assert.deepEqual(await outcomeOf(changed), [['unprocessed', 'superseded']])
    assert.deepEqual(await outcomeOf(back), [['delivered', null]])
  })
})
