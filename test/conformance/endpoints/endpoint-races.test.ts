import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'

import pg from 'pg'

import type { Store } from '../../../src/store/homes/open-store.ts'
import { openTestStore, serverHome } from '../../support/databases/database.ts'
import { audit, ids, stageUpload } from '../../support/stages/store-uploads.ts'

const server = serverHome()
after(() => server.close())

// The embedded home has only one connection, so two transactions are never open there at the same
// time.
describe('Webhook endpoints while another transaction is open', { skip: server.skip }, () => {
  let store: Store
  let other: pg.Client
  before(async () => {
    const home = await server.fresh()
    assert.ok(home.kind === 'server')
    store = await openTestStore(home)
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    other = new pg.Client({ connectionString: home.url })
    await other.connect()
  })
  after(async () => {
    await other.end()
    await store.close()
  })

  const register = (name: string, most = 100) => {
    const id = ids.newId('whe')
    const url = 'https://hooks.example/'
    const entry = audit('endpoint.created', id)
    const input = { id, tenantId: 'default', name, url, events: null, secret: 'whsec_x' }
    return store.endpoints.create({ ...input, most, audit: entry })
  }
  /** Resolves when a statement waits for a lock of the other transaction. */
  const blocked = async (): Promise<void> => {
    for (;;) {
      const { rows } = await other.query('select 1 from pg_locks where not granted')
      if (rows.length > 0) return
      await delay(20)
    }
  }

  it('an upload ends well though an endpoint that it would tell is deleted in between', async () => {
    const made = await register('goes')
    assert.ok(made.kind === 'created')
    await other.query('begin')
    await other.query('delete from sync_endpoint where id = $1', [made.endpoint.id])
    const upload = stageUpload(store, { accepted: [], rejected: 1, list: 'race' })
    await blocked()
    await other.query('commit')
    assert.equal((await upload).state, 'completed_with_errors')
    const { rows } = await other.query('select 1 from sync_delivery')
    assert.deepEqual(rows, [])
  })

  it('counts an endpoint that another call is registering right now', async () => {
    assert.equal((await register('first')).kind, 'created')
    await other.query('begin')
    await other.query(`select 1 from tenant where id = 'default' for no key update`)
    await other.query(`insert into sync_endpoint (id, tenant_id, name, url, secret, secret_key_id, source)
      values ('whe_other', 'default', 'second', 'https://x.example/', '\\x00', 'k', 'registered')`)
    const third = register('third', 2)
    await Promise.race([blocked(), third])
    await other.query('commit')
    assert.deepEqual(await third, { kind: 'too_many' })
  })
})
