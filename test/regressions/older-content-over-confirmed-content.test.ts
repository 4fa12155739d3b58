import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import type { Store } from '../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../support/databases/database.ts'
import { CALLER, createWorkingGateway } from '../support/gateway/working-gateway.ts'

/**
 * If a later upload found content unchanged, the register still dated it by its first delivery. So
 * an upload accepted between the two overwrote the content.
 */
eachHome('Content that is confirmed', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  it('is as new as the upload that confirmed it: an older one that waited does not go over it', async () => {
    const g = createWorkingGateway(store, 'confirmed')
    const rows = (note: string) => [{ id: 'a', note }]
    await g.upload(rows('now'))
    await g.work()
    const { id } = await g.upload(rows('old'))
    await g.control({ caller: CALLER, uploadId: id, action: 'pause' })
    const { id: again } = await g.upload(rows('now'))
    await g.work()
    assert.equal((await g.find(again)).counts.unchanged, 1)
    await g.control({ caller: CALLER, uploadId: id, action: 'resume' })
    await g.work()
    assert.equal((await g.find(id)).counts.unprocessed, 1)
    assert.equal(g.genesys.contacts.get('a'), 'a,now,+12125550123')
  })
})
