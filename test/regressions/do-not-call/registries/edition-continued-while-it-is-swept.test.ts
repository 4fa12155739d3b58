import assert from 'node:assert/strict'
import { test } from 'node:test'

import { openOtherSession } from '../../../support/databases/blocked.ts'
import { openTestStore, serverHome } from '../../../support/databases/database.ts'
import { makeRegistry } from '../../../support/do-not-call/registry-editions.ts'

const server = serverHome()

test(
  'an edition whose kept part is being swept is not continued: its numbers would be missing in force',
  { skip: server.skip, timeout: 60_000 },
  async (t) => {
    const home = await server.fresh()
    assert.ok(home.kind === 'server')
    const store = await openTestStore(home)
    const other = await openOtherSession(home.url)
    t.after(async () => {
      await other.close()
      await store.close()
      await server.close()
    })
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    await makeRegistry(store, 'ftc')
    const call = { callDigest: 'ab'.repeat(32), registry: 'ftc', owner: 'me' }
    const hold = await store.registries.begin({
      ...call,
      ...{ id: `rge_${'1'.repeat(32)}`, change: 'full', baseId: null, subscription: null },
      ...{ asOf: new Date().toISOString(), tenantId: 'default', requestId: 'req' },
    })
    const page = { first: 7, last: 7, count: 1, bytes: Buffer.from([0, 1, 0, 0]) }
    await store.registries.append(hold, 1, [page])
    await store.registries.keep(hold, 1_000, Buffer.from('{}'))
    await other.query(
      `update registry_edition set heartbeat_at = heartbeat_at - interval '25 hours'`,
    )

    await other.query('begin')
    await other.query('select from registry_page for update')
    const swept = store.registries.sweep(60_000)
    await other.untilBlocked('delete from registry_page')
    const resumed = await store.registries.resume({ ...call, offset: 1_000 })
    await other.query('commit')
    assert.equal(await swept, 1)
    assert.deepEqual(resumed, { kind: 'offset_differs', offset: 0 })
  },
)
