import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { createShipmentLane } from '../../support/stages/shipment-lane.ts'
import { audit, stageUpload } from '../../support/stages/store-uploads.ts'

/**
 * An upload waited while another tenant of the list delivered newer content of its contact. Then it
 * went on and replaced the newer content, because only the register of its own tenant told what is
 * newer. Genesys has one contact for both tenants.
 */
eachHome('An upload that waited while another tenant delivered its contact', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    await store.sql.executeSql(`insert into tenant (id) values ('other')`)
  })
  after(() => store.close())

  const ofOther = async (list: string, contactId: string): Promise<string> => {
    const { id } = await stageUpload(store, { list, accepted: [contactId] })
    await store.sql.executeSql(`update upload set tenant_id = 'other' where id = $1`, [id])
    await store.sql.executeSql(
      `insert into register (tenant_id, list_id) values ('other', $1) on conflict do nothing`,
      [list],
    )
    return id
  }

  for (const [way, batchRows] of [
    ['in a shared request', 1_000],
    ['alone', 1],
  ] as const) {
    it(`does not replace the newer content (${way})`, async () => {
      const list = `waited-${batchRows}`
      const { genesys, work } = createShipmentLane(store, list, { batchRows })
      const { id } = await stageUpload(store, { list, accepted: ['a'] })
      const about = { tenantId: 'default', uploadId: id, audit: audit('upload.controlled', id) }
      await store.uploads.control({ ...about, action: 'pause' })
      await ofOther(list, 'a')
      await work(null)
      const again = audit('upload.controlled', id)
      await store.uploads.control({ ...about, audit: again, action: 'resume' })
      await work(null)
      const { rows } = await store.uploads.ledger(id, { outcomes: [], afterLine: 0, limit: 9 })
      assert.deepEqual(
        rows.map(({ outcome, code }) => [outcome, code]),
        [['unprocessed', 'superseded']],
      )
      assert.equal(genesys.sent.length, 1)
    })
  }
})
