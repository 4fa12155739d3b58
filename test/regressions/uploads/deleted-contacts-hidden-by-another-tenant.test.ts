import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { createWorkingGateway } from '../../support/gateway/working-gateway.ts'

/**
 * The size of a list was compared with the register of one tenant. In a list of several tenants,
 * the contacts of the others hid that somebody had deleted the contacts of this tenant in Genesys.
 * So its rows became unchanged, though Genesys does not hold them.
 */
eachHome('Contacts that somebody deleted in a list of several tenants', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    await store.sql.executeSql(`insert into tenant (id) values ('other')`)
  })
  after(() => store.close())

  const rowsOf = (contactIds: readonly string[]) => contactIds.map((id) => ({ id, note: 'n' }))
  /** Another tenant delivers these contacts to the list. */
  const others = async (
    g: ReturnType<typeof createWorkingGateway>,
    contactIds: readonly string[],
  ): Promise<void> => {
    const { id } = await g.upload(rowsOf(contactIds))
    await store.sql.executeSql(
      `insert into register (tenant_id, list_id) values ('other', $1) on conflict do nothing`,
      [g.genesys.list.id],
    )
    await store.sql.executeSql(`update upload set tenant_id = 'other' where id = $1`, [id])
    await g.work()
  }

  for (const [theirs, size, unchanged] of [
    [['x', 'y'], 2, 0],
    [['x', 'y', 'z'], 3, 0],
    [['x', 'y', 'z'], 5, 2],
    [['a', 'b', 'x'], 3, 2],
    [['a', 'b', 'x'], 2, 0],
  ] as const) {
    const told = `${size} contacts, and others delivered ${theirs.join()}`
    it(`are ${unchanged === 0 ? 'sent again' : 'still there'} if the list has ${told}`, async () => {
      const list = `shared-${theirs.join('')}-${size}`
      const g = createWorkingGateway(store, list)
      await others(g, theirs)
      const rows = rowsOf(['a', 'b'])
      await g.upload(rows)
      await g.work()
      g.genesys.list = { ...g.genesys.list, size }
      const { id } = await g.upload(rows, { duplicates: 'skip' })
      await g.work()
      const { counts } = await g.find(id)
      assert.deepEqual([counts.unchanged, counts.delivered], [unchanged, 2 - unchanged])
    })
  }
})
