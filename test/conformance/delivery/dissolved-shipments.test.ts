import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { createShipmentLane } from '../../support/stages/shipment-lane.ts'
import { stageUpload } from '../../support/stages/store-uploads.ts'

eachHome('Shipments that are left open', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  /** What Genesys was sent, and how often open shipments were dissolved. */
  const workOn = async (list: string, contacts: string[], refused: string[]) => {
    let dissolved = 0
    const delivery: Store['delivery'] = {
      ...store.delivery,
      dissolve: (claim) => {
        dissolved += 1
        return store.delivery.dissolve(claim)
      },
    }
    const options = { batchRows: 2, refused: new Set(refused) }
    const { genesys, work } = createShipmentLane({ ...store, delivery }, list, options)
    for (const contact of contacts) await stageUpload(store, { list, accepted: [contact] })
    await work(null)
    return { sent: genesys.sent.map(({ contactIds }) => contactIds), dissolved }
  }

  it('are searched once when a lane is claimed, and not after each whole shipment', async () => {
    const { sent, dissolved } = await workOn('whole', ['a', 'b', 'c', 'd', 'e'], [])
    assert.deepEqual(sent, [['a', 'b'], ['c', 'd'], ['e']])
    assert.equal(dissolved, 1)
  })

  it('are searched again after a refusal, so that their uploads are sent apart', async () => {
    const { sent, dissolved } = await workOn('refused', ['a', 'b', 'c', 'd'], ['c'])
    assert.deepEqual(sent.slice(0, 2), [
      ['a', 'b'],
      ['c', 'd'],
    ])
    assert.ok(dissolved > 1, `${dissolved}`)
    const { rows } = await store.sql.executeSql(
      `select state, count(*)::int as n from upload where contact_list_id = 'refused' group by state order by state`,
    )
    assert.deepEqual(rows, [
      { state: 'completed', n: 3 },
      { state: 'completed_with_errors', n: 1 },
    ])
  })
})
