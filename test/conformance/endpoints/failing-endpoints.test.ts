import assert from 'node:assert/strict'
import { it } from 'node:test'

import { eachHome } from '../../support/databases/database.ts'
import { delivered, endpointSuite, gone, retry } from '../../support/endpoints/endpoint-suite.ts'

eachHome('Webhook endpoints that fail', (home) => {
  const at = endpointSuite(home)
  const { rowsOf, register, enable, deliveryFor, endpointNow, removeAll } = at

  it('a 410 disables at once; enabling forgets it, and what was pending comes due again', async () => {
    await removeAll()
    const endpoint = await register()
    const [refused, waiting] = [await deliveryFor(endpoint), await deliveryFor(endpoint)]
    const verdict = await at.store.sync.record(refused, gone())
    assert.equal(verdict?.kind, 'gone')
    const off = await endpointNow(endpoint)
    assert.deepEqual([off.enabled, off.disabledReason, off.version], [false, 'gone', 2])
    assert.equal(await at.store.sync.load(waiting), null)
    assert.deepEqual(await at.store.sync.overdue(-1000), [])
    assert.deepEqual(await enable(endpoint, 1, true), { kind: 'stale' })
    assert.equal((await enable(endpoint, 2, true))?.kind, 'changed')
    const on = await endpointNow(endpoint)
    assert.deepEqual([on.enabled, on.disabledReason, on.consecutiveFailures], [true, null, 0])
    assert.deepEqual(await at.store.sync.overdue(-1000), [waiting])
    assert.equal((await at.store.sync.load(waiting))?.id, waiting)
  })

  it('warns once after a day of nothing but failures, disables after five, and a success forgets all', async () => {
    await removeAll()
    const endpoint = await register()
    const delivery = await deliveryFor(endpoint)
    const failingFor = (days: number) =>
      at.store.sql.executeSql(
        `update sync_endpoint set failing_since = clock_timestamp() - make_interval(days => $1::int)`,
        [days],
      )
    const fail = async () => (await at.store.sync.record(delivery, retry()))?.kind ?? null
    assert.equal(await fail(), null)
    await failingFor(1)
    assert.equal(await fail(), 'warn')
    assert.equal(await fail(), null)
    assert.notEqual((await endpointNow(endpoint)).warnedAt, null)
    await failingFor(6)
    assert.equal(await fail(), null, 'four failures are not a whole schedule')
    const succeeded = await deliveryFor(endpoint)
    assert.equal(await at.store.sync.record(succeeded, delivered(200)), null)
    const well = await endpointNow(endpoint)
    assert.deepEqual([well.consecutiveFailures, well.failingSince, well.warnedAt], [0, null, null])
    for (let n = 0; n < 9; n += 1) assert.equal(await fail(), null)
    await failingFor(5)
    assert.equal(await fail(), 'failing')
    const off = await endpointNow(endpoint)
    assert.deepEqual([off.disabledReason, off.consecutiveFailures], ['failing', 10])
    const audits = await rowsOf(
      `select 1 from audit_entry where action = 'endpoint.disabled' and outcome = 'ok'`,
    )
    assert.ok(audits.length >= 1)
  })
})
