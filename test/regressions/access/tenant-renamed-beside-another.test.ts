import assert from 'node:assert/strict'
import { test } from 'node:test'

import { openOtherSession } from '../../support/databases/blocked.ts'
import { openTestStore, serverHome } from '../../support/databases/database.ts'
import { audit } from '../../support/stages/store-uploads.ts'

const server = serverHome()

/**
 * The name was looked up before the tenant was renamed, and only the index refused a name that
 * another call had committed in between. The caller then got a 500.
 */
test(
  'a tenant that is renamed is told that another call has just taken the name',
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
    await other.query(`insert into tenant (id, name) values ('tnt_a', 'north'), ('tnt_b', 'south')`)
    await other.query('begin')
    await other.query(`update tenant set name = 'west' where id = 'tnt_b'`)
    const renamed = store.tenants.change({
      ...{ tenantId: 'tnt_a', version: 1, change: { name: 'west' } },
      audit: audit('tenant.changed', 'tnt_a'),
    })
    await other.untilBlocked('update tenant')
    await other.query('commit')
    assert.deepEqual(await renamed, { kind: 'name_taken', tenantId: 'tnt_b' })
    const { rows } = await other.query(`select name, version from tenant where id = 'tnt_a'`)
    assert.deepEqual(rows, [{ name: 'north', version: 1 }])
  },
)
