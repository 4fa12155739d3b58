import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'

import type { Store } from '../../../src/store/homes/open-store.ts'
import { type OtherSession, openOtherSession } from '../../support/databases/blocked.ts'
import { openTestStore, serverHome } from '../../support/databases/database.ts'
import { audit, ids } from '../../support/stages/store-uploads.ts'

// The embedded home has only one connection, so no statement ever waits for another there.
const server = serverHome()
after(() => server.close())

/**
 * The recorder of successes locks the failing endpoints of its deliveries in the order of their
 * ids. A jump of the clock, and the start of an instance, locked them in the order in which they
 * are stored. Each could then wait for an endpoint that the other had locked.
 */
describe('Several endpoints that another transaction also locks', { skip: server.skip }, () => {
  let store: Store
  let other: OtherSession
  let second: string
  before(async () => {
    const home = await server.fresh()
    assert.ok(home.kind === 'server')
    store = await openTestStore(home)
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    await store.clock.look(() => null)
    other = await openOtherSession(home.url)
    const made = [ids.newId('whe'), ids.newId('whe')].toSorted()
    for (const endpointId of made) {
      await store.endpoints.create({
        ...{ id: endpointId, tenantId: 'default', name: endpointId, events: null, most: 100 },
        ...{ url: 'https://hooks.example/', secret: 'whsec_x' },
        audit: audit('endpoint.created', endpointId),
      })
    }
    second = made[1]!
    await other.query(`update sync_endpoint set source = 'environment'`)
  })
  after(async () => {
    await other.close()
    await store.close()
  })

  /** Makes the look of `clock` find a jump by `ms`, while an endpoint has a time of failures. */
  const jumpBy = async (ms: number): Promise<void> => {
    await store.sql.executeSql(
      `update database_clock set seen_at = clock_timestamp() - interval '${ms} milliseconds'`,
    )
    await store.clock.look(() => 0)
  }
  const locks: Record<string, () => Promise<unknown>> = {
    'a jump back of the clock': () => jumpBy(-3_600_000),
    'a jump ahead of the clock': () => jumpBy(3_600_000),
    'the start of an instance': () => store.sync.ensureEnvEndpoints([]),
  }
  beforeEach(async () => {
    await other.query(`update sync_endpoint set enabled = true, disabled_reason = null,
      failing_since = clock_timestamp() + interval '2 hours'`)
    // The new version of the first endpoint is stored behind the second one.
    await other.query(`update sync_endpoint set warned_at = null where id <> '${second}'`)
  })

  for (const [name, lock] of Object.entries(locks)) {
    it(`are locked by ${name} in the order of their ids`, async () => {
      await other.query('begin')
      await other.query('select 1 from sync_endpoint order by id limit 1 for update')
      const done = lock()
      await other.untilBlocked('sync_endpoint')
      await other.query(`select 1 from sync_endpoint where id = '${second}' for update nowait`)
      await other.query('commit')
      await done
    })
  }
})
