import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { createWorkingGateway } from '../../support/gateway/working-gateway.ts'
import { createShipmentLane } from '../../support/stages/shipment-lane.ts'
import { stageUpload } from '../../support/stages/store-uploads.ts'

const ONE = 'contactId,note,phone\na,n,+12125550123'
const WITH_CITY = 'contactId,note,phone,city\na,n,+12125550123,Bonn'

eachHome('A list that Genesys takes rows for', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    // Gives the tenant of the calls its grants.
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  /** A gateway that read the list this long ago. `takenAgo`: when Genesys last accepted rows. */
  const readBefore = async (list: string, readAgo: string, takenAgo: string | null) => {
    const gateway = createWorkingGateway(store, list)
    await store.lists.put(gateway.genesys.list)
    await store.sql.executeSql(
      `update list_cache set read_at = read_at - $2::interval, taken_at = clock_timestamp() - $3::interval where list_id = $1`,
      [list, readAgo, takenAgo],
    )
    let reads = 0
    gateway.genesys.onRead = () => void (reads += 1)
    return { gateway, reads: () => reads }
  }

  it('is not read for small uploads, however old the reading is up to ten minutes', async () => {
    const proven = await readBefore('proven', '9 minutes', '1 second')
    await proven.gateway.uploadSmall(ONE)
    assert.equal(proven.reads(), 0)
    const older = await readBefore('older', '11 minutes', '1 second')
    await older.gateway.uploadSmall(ONE)
    assert.equal(older.reads(), 1)
    const idle = await readBefore('idle', '9 minutes', '2 minutes')
    await idle.gateway.uploadSmall(ONE)
    assert.equal(idle.reads(), 1)
  })

  it('is read once for uploads that need it at the same time', async () => {
    const { gateway, reads } = await readBefore('together', '2 minutes', null)
    await Promise.all([ONE, ONE, ONE].map((file) => gateway.uploadSmall(file)))
    assert.equal(reads(), 1)
  })

  it('is read again before its older columns would refuse or drop anything', async () => {
    for (const options of [{}, { schemaDrift: 'drop' }] as const) {
      const list = `drift-${options.schemaDrift ?? 'reject'}`
      const { gateway, reads } = await readBefore(list, '2 minutes', '1 second')
      const city = { name: 'city', kind: 'text', required: false } as const
      const { columns } = gateway.genesys.list
      gateway.genesys.list = {
        ...gateway.genesys.list,
        schemaVersion: 'with city',
        columns: [...columns, city],
      }
      const upload = await gateway.uploadSmall(WITH_CITY, options)
      assert.ok(upload.targetColumns.includes('city'))
      assert.equal(upload.schemaVersion, 'with city')
      assert.equal(reads(), 1)
    }
  })

  it('is proven by a shared request, and read at most once for a lane whose reading is old', async () => {
    const { genesys, work } = createShipmentLane(store, 'lane', { readAgoMs: 90_000 })
    let reads = 0
    genesys.onRead = () => void (reads += 1)
    for (const id of ['a', 'b']) await stageUpload(store, { list: 'lane', accepted: [id] })
    await work(null)
    assert.equal(reads, 1)
    for (const id of ['c', 'd']) await stageUpload(store, { list: 'lane', accepted: [id] })
    await work(null)
    assert.equal(reads, 1)
    assert.deepEqual(
      genesys.sent.map(({ contactIds }) => contactIds),
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    )
    const seen = (await store.lists.get('lane'))!
    assert.ok(seen.provenMs < 60_000 && seen.ageMs >= 90_000)
  })

  it('is not proven where it was not ready when it was read', async () => {
    const { gateway } = await readBefore('broken', '2 minutes', '1 second')
    await store.lists.put({ ...gateway.genesys.list, status: 'error' })
    await store.sql.executeSql(
      `update list_cache set read_at = read_at - interval '2 minutes' where list_id = 'broken'`,
    )
    const seen = (await store.lists.get('broken'))!
    assert.ok(seen.provenMs >= 120_000)
  })
})
