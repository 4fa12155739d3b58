import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { GenesysFailure } from '../../../src/domain/genesys/genesys-failure.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { createHoldKeeper } from '../../../src/workflows/delivery/look-after-holds.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { CALLER, createWorkingGateway } from '../../support/gateway/working-gateway.ts'

eachHome('A hold that ends when Genesys shows that its reason is gone', (home) => {
  let store: Store
  let lists = 0
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  const gateway = () => {
    const g = createWorkingGateway(store, `held-${(lists += 1)}`)
    let woken = 0
    const keeper = createHoldKeeper({
      holds: store.holds,
      contactLists: g.genesys,
      clock: systemClock,
      emit: () => undefined,
      againInMs: 60_000,
      wake: () => {
        woken += 1
      },
    })
    /** Makes the time of the next check come. */
    const look = async (): Promise<number> => {
      await store.sql.executeSql(
        `update upload set retry_at = clock_timestamp() where state = 'held' and contact_list_id = $1`,
        [g.genesys.list.id],
      )
      await store.lanes.wakeHeld()
      return keeper.look()
    }
    const status = (now: 'ready' | 'processing' | 'error') => {
      g.genesys.list = { ...g.genesys.list, status: now }
    }
    const held = async () => {
      const { id } = await g.upload([{ id: 'a', note: '1' }])
      await g.work()
      return g.find(id)
    }
    return { ...g, look, status, held, woken: () => woken }
  }

  it('keeps its first time, and the upload its version, however often the list is looked at', async () => {
    const g = gateway()
    g.status('processing')
    const held = await g.held()
    assert.deepEqual([held.state, held.hold?.reason], ['held', 'list_not_ready'])
    for (let looks = 0; looks < 3; looks += 1) {
      assert.equal(await g.look(), 0)
      await g.work()
      assert.deepEqual(await g.find(held.id), held)
    }
    g.status('ready')
    assert.equal(await g.look(), 1)
    assert.equal(g.woken(), 1)
    const back = await g.find(held.id)
    assert.deepEqual([back.state, back.hold, back.version], ['staged', null, held.version + 1])
    await g.work()
    assert.equal((await g.find(held.id)).state, 'completed')
  })

  it('ends for a list in error, which the upload is then held for', async () => {
    const g = gateway()
    g.status('processing')
    const { id } = await g.held()
    g.status('error')
    assert.equal(await g.look(), 1)
    await g.work()
    assert.equal((await g.find(id)).hold?.reason, 'list_error')
  })

  it('lasts while our credentials are refused or Genesys is away, and ends with them', async () => {
    const g = gateway()
    let kind: 'unauthorized' | 'unavailable' | null = null
    g.genesys.onRead = () => {
      if (kind !== null) throw new GenesysFailure(kind, 'readContactList')
    }
    const { id } = await g.upload([{ id: 'a', note: '1' }])
    kind = 'unauthorized'
    await g.work()
    const before = await g.find(id)
    assert.equal(before.hold?.reason, 'genesys_unavailable')
    assert.equal(await g.look(), 0)
    kind = 'unavailable'
    assert.equal(await g.look(), 0)
    assert.deepEqual(await g.find(id), before)
    kind = null
    assert.equal(await g.look(), 1)
    await g.work()
    assert.equal((await g.find(id)).state, 'completed')
  })

  it('ends at once by a call, and begins anew only when the list still is not ready', async () => {
    const g = gateway()
    g.status('processing')
    const { id } = await g.held()
    await g.control({ caller: CALLER, uploadId: id, action: 'resume' })
    assert.equal((await g.find(id)).state, 'staged')
    await g.work()
    assert.equal((await g.find(id)).hold?.reason, 'list_not_ready')
    g.status('ready')
    await g.control({ caller: CALLER, uploadId: id, action: 'resume' })
    await g.work()
    assert.equal((await g.find(id)).state, 'completed')
  })
})
