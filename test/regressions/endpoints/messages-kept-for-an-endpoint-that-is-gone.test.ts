import assert from 'node:assert/strict'
import { it } from 'node:test'

import { eachHome } from '../../support/databases/database.ts'
import { endpointSuite } from '../../support/endpoints/endpoint-suite.ts'

/**
 * The messages that waited when an endpoint was removed from the environment stayed pending for
 * ever. Nothing could delete them, and the gauge counted them.
 */
eachHome('Messages for an endpoint that the environment no longer names', (home) => {
  const at = endpointSuite(home)

  /** An endpoint of the environment with a message that waits. Returns the message. */
  const waitingFor = async (name: string): Promise<string> => {
    const endpoint = { name, url: `https://${name}.example/`, secret: 'whsec_abc' }
    await at.store.sync.ensureEnvEndpoints([{ ...endpoint, events: ['upload.completed'] }])
    const { items } = (await at.store.endpoints.list('default', { limit: 5, cursor: null }))!
    return at.deliveryFor(items.find((one) => one.name === name)!)
  }
  const sweep = async (): Promise<number> => {
    await at.store.sql.executeSql(`update database_clock set doubted_from = null`)
    await at.store.sql.executeSql(
      `update upkeep set lease_until = null, ready_at = case task when 'retention' then clock_timestamp() else 'infinity' end`,
    )
    const claim = (await at.store.upkeep.claim('me'))!
    return (await at.store.upkeep.retention.sweep(claim, 'webhook-deliveries'))!.deleted
  }
  const daysLater = (days: number) =>
    at.store.sql.executeSql(
      `update sync_delivery set created_at = created_at - interval '${days} days'`,
    )
  const left = async () =>
    (await at.rowsOf<{ id: string }>('select id from sync_delivery')).map(({ id }) => id)

  it('are not counted as pending, and count again when it is configured again', async () => {
    await at.removeAll()
    await waitingFor('crm')
    const pending = async () => (await at.store.home.gauges()).syncPending
    assert.equal(await pending(), 1)
    await at.store.sync.ensureEnvEndpoints([])
    assert.equal(await pending(), 0)
    await waitingFor('crm')
    assert.equal(await pending(), 2)
  })

  it('are deleted after the retention of deliveries, and messages of other endpoints stay', async () => {
    await at.removeAll()
    await waitingFor('dms')
    await at.store.sync.ensureEnvEndpoints([])
    const asked = await at.register()
    const waits = await at.deliveryFor(asked)
    await at.enable(asked, asked.version, false)
    const kept = await waitingFor('crm')
    assert.equal((await left()).length, 3)
    await daysLater(89)
    assert.equal(await sweep(), 0)
    await daysLater(2)
    assert.equal(await sweep(), 1)
    assert.deepEqual((await left()).toSorted(), [waits, kept].toSorted())
  })
})
