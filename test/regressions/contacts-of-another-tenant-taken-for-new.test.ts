import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import type { Store } from '../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../support/databases/database.ts'
import { makeChunk } from '../support/memory/made-uploads.ts'
import { names } from '../support/stages/delivery-run.ts'
import { deliverToSandbox, SANDBOX_LIST, startWorld } from '../support/stages/sandboxed-delivery.ts'
import { createShipmentLane } from '../support/stages/shipment-lane.ts'
import { audit, ids, stageUpload } from '../support/stages/store-uploads.ts'

/**
 * Genesys has one list for all tenants. But a contact that another tenant had delivered counted as
 * new. So an upload that brought it to a full list failed, and an import that changed it counted as
 * incomplete.
 */
eachHome('A contact that another tenant has delivered', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.sql.executeSql(`insert into tenant (id) values ('other')`)
  })
  after(() => store.close())

  const give = async (list: string, contactId: string): Promise<string> => {
    const upload = await stageUpload(store, { list, accepted: [contactId] })
    const change = `update upload set tenant_id = 'other', duplicates = 'ignore' where id = $1`
    await store.sql.executeSql(change, [upload.id])
    await store.sql.executeSql(
      `insert into register (tenant_id, list_id) values ('other', $1) on conflict do nothing`,
      [list],
    )
    return upload.id
  }
  const stateOf = async (id: string): Promise<unknown> => {
    const { rows } = await store.sql.executeSql('select state from upload where id = $1', [id])
    return (rows[0] as { state: string }).state
  }

  it('needs no room in a full list', async () => {
    const { genesys, work } = createShipmentLane(store, 'full')
    await stageUpload(store, { list: 'full', accepted: ['a'] })
    await work(null)
    genesys.list = { ...genesys.list, size: 1 }
    Object.assign(genesys.limits, { listContacts: 1 })
    const theirs = await give('full', 'a')
    const fresh = await give('full', 'b')
    await work(null)
    assert.equal(await stateOf(theirs), 'completed')
    assert.equal(await stateOf(fresh), 'failed')
  })

  it('stays known while its content is in doubt, until the list is cleared', async () => {
    const { work } = createShipmentLane(store, 'doubted')
    const first = await stageUpload(store, { list: 'doubted', accepted: ['a'] })
    await work(null)
    const upload = await stageUpload(store, { list: 'doubted', accepted: ['a'] })
    const lane = `contact_list:doubted`
    await store.sql.executeSql(
      `update lane set lease_until = null, owner = null, ready_at = case when key = $1 then clock_timestamp() else 'infinity' end`,
      [lane],
    )
    const claim = (await store.lanes.claim('me'))!
    const id = ids.newUuid()
    await store.delivery.ship(claim, {
      ...{ id, overwrites: ['a'], audit: audit('upload.batch.intended', id) },
      uploads: [{ upload, batchId: ids.newUuid(), rows: 1, sent: Buffer.of(1) }],
    })
    const known = async () => [
      ...(await store.delivery.registered('other', 'doubted', ['a'])).ofOthers.keys(),
    ]
    assert.deepEqual(await known(), ['a'])
    await store.sql.executeSql(
      `insert into list_clearing (list_id, cleared_seq) values ('doubted', $1)`,
      [(first.acceptedSeq ?? 0) + 1],
    )
    assert.deepEqual(await known(), [])
  })
})

describe('An import of contacts that another tenant has delivered', () => {
  it('is not short because the list grows by none of them', async () => {
    const world = await startWorld()
    try {
      const theirs = await deliverToSandbox(world, [makeChunk(0, names(300))])
      await theirs.run()
      const reads = (): number =>
        world.sandbox.ledger({ listId: SANDBOX_LIST }).requests.byOperation['contact'] ?? 0
      const ours = await deliverToSandbox(world, [makeChunk(0, names(300), { content: 'ours' })])
      for (const name of names(300)) ours.store.ofOthers.add(name)
      const before = reads()
      await ours.run()
      assert.equal(ours.store.upload.state, 'completed')
      // Only its samples are read. Reading every row would take six more calls.
      assert.equal(reads() - before, 10)
    } finally {
      await world.close()
    }
  })
})
