import assert from 'node:assert/strict'
import { after, before, beforeEach, it } from 'node:test'

import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { ids } from '../../support/stages/store-uploads.ts'

const SECOND_MS = 1_000

/**
 * The slot of a write in flight and a pull have a lease of 60 seconds. After a jump they had only
 * ten, as lanes do. So the slot of a request that took longer was given to another request. And
 * another instance took a pull over, because the next renewal came after ten seconds.
 */
eachHome('After a jump of the clock, a lease of a minute', (home) => {
  let store: Store
  const run = async (text: string) => (await store.sql.executeSql(text)).rows
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    await run(
      `insert into dnc_pull (dnc_list_id, tenant_id, due_at) values ('dnc-1', 'default', clock_timestamp())`,
    )
  })
  after(() => store.close())
  beforeEach(async () => {
    for (const table of ['dnc_pull', 'dnc_write_slot']) {
      await run(`update ${table} set owner = null, lease_until = null`)
    }
    assert.equal(await takeSlot('alive'), 1)
    assert.notEqual(await pull('alive'), null)
  })

  const takeSlot = (owner: string) => store.dncLane.takeSlot(owner, 1)
  const pull = (owner: string) =>
    store.dncPulls.claim(owner, { id: ids.newId('dns'), requestId: 'req' })
  const jump = async (interval: string): Promise<void> => {
    for (const table of ['dnc_pull', 'dnc_write_slot']) {
      await run(`update ${table} set lease_until = lease_until - interval '${interval}'`)
    }
    await run(`update database_clock set seen_at = clock_timestamp() - interval '${interval}'`)
    assert.notEqual((await store.clock.look(() => SECOND_MS)).jumpedMs, null)
  }
  const secondsLater = async (seconds: number): Promise<void> => {
    for (const table of ['dnc_pull', 'dnc_write_slot']) {
      await run(`update ${table} set lease_until = lease_until - interval '${seconds} seconds'`)
    }
  }

  for (const [jumped, interval] of [
    ['ahead', '1 hour'],
    ['back', '-1 hour'],
  ] as const) {
    it(`lasts a minute: set ${jumped}`, async () => {
      await jump(interval)
      await secondsLater(20)
      assert.deepEqual([await takeSlot('other'), await pull('other')], [null, null])
      await secondsLater(50)
      assert.equal(await takeSlot('other'), 1)
      assert.notEqual(await pull('other'), null)
    })
  }
})
