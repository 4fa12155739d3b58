import assert from 'node:assert/strict'
import { after, before, beforeEach, it } from 'node:test'

import { systemClock } from '../../../src/lib/clock.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { createTelemetry, type Telemetry } from '../../../src/telemetry/telemetry.ts'
import type { DoUpkeep, UpkeepTask } from '../../../src/workflows/ports/retention/retention.ts'
import { createKeepToRetention } from '../../../src/workflows/retention/keep-to-retention.ts'
import { createReseal } from '../../../src/workflows/retention/reseal.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'

const LEASE = { signal: new AbortController().signal, assertHeld: () => undefined }
const TEN_DAYS_OVER = 10 * 86_400

/**
 * Each instance showed what its own last run had found. If another instance made the next run, the
 * first one went on to show the old finding, and the alert did not end.
 */
eachHome('The metrics about work that one instance does for all', (home) => {
  let store: Store
  let one: Telemetry
  let two: Telemetry
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    await store.clock.confirm()
  })
  beforeEach(() => {
    one = createTelemetry({ log: () => {} })
    two = createTelemetry({ log: () => {} })
  })
  after(() => store.close())

  const run = (text: string) => store.sql.executeSql(text)
  const doesTask = async ({ emit }: Telemetry, task: UpkeepTask): Promise<void> => {
    await run(`update upkeep set lease_until = null,
      ready_at = case task when '${task}' then clock_timestamp() else 'infinity' end`)
    const { upkeep } = store
    const uses = { upkeep, clock: systemClock, emit }
    const tasks: Record<UpkeepTask, DoUpkeep> = {
      retention: createKeepToRetention({ ...uses, retention: upkeep.retention }),
      resealing: createReseal({ ...uses, reseal: upkeep.reseal }),
    }
    await tasks[task]((await upkeep.claim('me'))!, LEASE)
  }
  const shows = async (telemetry: Telemetry, series: string): Promise<number> => {
    const { body } = await telemetry.scrape({
      ready: async () => true,
      pace: async () => ({ requestsPerMinute: 1, usedLastMinute: 0, remaining: null, waiting: {} }),
      database: () => store.home.gauges(),
    })
    return Number(
      body
        .split('\n')
        .find((line) => line.startsWith(`${series} `))!
        .split(' ')[1],
    )
  }

  it('show on every instance how far the last run of retention was behind', async () => {
    const series = 'gateway_retention_behind_seconds{rule="webhook-deliveries"}'
    await run(`insert into sync_endpoint (id, tenant_id, name, url, secret, secret_key_id, source)
      values ('whe_1', 'default', 'crm', 'https://crm.example', '', 'test', 'registered')`)
    await run(`insert into sync_delivery (id, tenant_id, endpoint_id, event_type, object, body, state, created_at, settled_at)
      values ('dlv_1', 'default', 'whe_1', 'upload.completed', 'upl_1', '{}', 'delivered', clock_timestamp() - interval '101 days', clock_timestamp() - interval '100 days')`)
    assert.equal(await shows(one, series), 0)
    await doesTask(one, 'retention')
    for (const instance of [one, two]) {
      assert.equal(Math.floor(await shows(instance, series)), TEN_DAYS_OVER)
    }
    await doesTask(two, 'retention')
    for (const instance of [one, two]) assert.equal(await shows(instance, series), 0)
  })

  it('show on every instance how many older keys the last run of resealing found', async () => {
    const series = 'gateway_older_keys'
    await run(`insert into encryption_key (id) values ('k2025')`)
    await doesTask(one, 'resealing')
    for (const instance of [one, two]) assert.equal(await shows(instance, series), 1)
    await run(
      `update encryption_key set seen_at = seen_at - interval '6 minutes' where id = 'k2025'`,
    )
    await doesTask(two, 'resealing')
    for (const instance of [one, two]) assert.equal(await shows(instance, series), 0)
  })
})
