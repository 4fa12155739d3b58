import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import type { Store } from '../../src/store/homes/open-store.ts'
import { type OtherSession, openOtherSession } from '../support/databases/blocked.ts'
import { openTestStore, serverHome } from '../support/databases/database.ts'
import { fillRegister } from '../support/stages/sealed-rows.ts'
import { audit, ids, stageUpload } from '../support/stages/store-uploads.ts'

// The embedded home has only one connection, so no statement ever waits for another there.
const server = serverHome()
after(() => server.close())

describe('What is decided after a wait for a lock', { skip: server.skip }, () => {
  let store: Store
  let one: OtherSession
  before(async () => {
    const home = await server.fresh()
    assert.ok(home.kind === 'server')
    store = await openTestStore(home)
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    one = await openOtherSession(home.url)
  })
  after(async () => {
    await one.close()
    await store.close()
  })

  it('a store is not bound to another org when an upload was accepted meanwhile', async () => {
    const binding = { dialect: 'guide', apiHost: 'api.one', clientId: 'c' }
    assert.equal(await store.home.bind(binding), 'bound')
    await one.query('begin')
    await one.query('select 1 from binding for update')
    await one.query(`insert into upload (id, tenant_id, contact_list_id, lane_key, accepted_seq, state, mode, duplicates, method,
        source, schema_version, request_id, owner)
      values ('upl_1', 'default', 'l', 'contact_list:l', 1, 'staged', 'append', 'update', 'batches', '{}', '1', 'r', 'o')`)
    const bound = store.home.bind({ ...binding, apiHost: 'api.other' })
    await one.untilBlocked('binding')
    await one.query('commit')
    assert.equal(await bound, 'other')
    assert.equal(await store.home.bind(binding), 'bound')
    await one.query(`update upload set state = 'failed' where id = 'upl_1'`)
    assert.equal(await store.home.bind({ ...binding, apiHost: 'api.other' }), 'bound')
  })

  it('a delivery is not replayed to an endpoint that was disabled meanwhile', async () => {
    const id = ids.newId('whe')
    await store.endpoints.create({
      ...{ id, tenantId: 'default', name: 'crm', url: 'https://hooks.example/', events: null },
      ...{ secret: 'whsec_x', most: 100, audit: audit('endpoint.created', id) },
    })
    await stageUpload(store, { accepted: [], rejected: 1 })
    const { rows } = await one.query<{ id: string }>('select id from sync_delivery')
    const deliveryId = rows[0]!.id
    await one.query('begin')
    await one.query('select 1 from sync_delivery for update')
    await one.query(`update sync_endpoint set enabled = false, disabled_reason = 'request'`)
    const replayed = store.endpoints.replay({
      ...{ tenantId: 'default', endpointId: id, deliveryId },
      audit: audit('endpoint.changed', id),
    })
    await one.untilBlocked('sync_delivery')
    await one.query('commit')
    assert.deepEqual(await replayed, { kind: 'disabled' })
  })

  it('what was delivered meanwhile is not forgotten with what was there before the list was cleared', async () => {
    await fillRegister(store, 'cleared', 1, ['a', 'b'])
    await one.query(`insert into list_clearing (list_id, cleared_seq) values ('cleared', 5)`)
    await one.query('begin')
    await one.query(`update contact_register set accepted_seq = 6 where line = 1`)
    const forgotten = store.delivery.forgetCleared('cleared')
    await one.untilBlocked('contact_register')
    await one.query('commit')
    await forgotten
    const { rows } = await one.query(
      `select line from contact_register join register on id = register_id where list_id = 'cleared'`,
    )
    assert.deepEqual(rows, [{ line: 1 }])
  })
})
