import assert from 'node:assert/strict'
import { it } from 'node:test'

import { eachHome } from '../../support/databases/database.ts'
import { about, endpointSuite, gone, retry } from '../../support/endpoints/endpoint-suite.ts'
import { audit, ids } from '../../support/stages/store-uploads.ts'

const DAY_MS = 24 * 60 * 60 * 1000

eachHome('Webhook endpoints', (home) => {
  const at = endpointSuite(home)
  const { rowsOf, register, deliveryFor, endpointNow, removeAll } = at

  it('keeps the secret sealed and an audit entry with the endpoint, or neither', async () => {
    const endpoint = await register()
    assert.match(endpoint.id, /^whe_/)
    assert.deepEqual([endpoint.version, endpoint.enabled, endpoint.source], [1, true, 'registered'])
    const rows = await rowsOf<{ secret: Buffer }>(
      'select secret from sync_endpoint where id = $1',
      [endpoint.id],
    )
    assert.equal(rows[0]!.secret.includes('whsec'), false)
    const taken = { ...about(endpoint), id: ids.newId('whe'), name: endpoint.name, events: null }
    const again = { ...taken, url: 'https://x.example/', secret: 'whsec_x', most: 1000 }
    assert.deepEqual(await at.store.endpoints.create(again), { kind: 'name_taken' })
    assert.deepEqual(await at.store.endpoints.create({ ...again, most: 1, name: 'more' }), {
      kind: 'too_many',
    })
    const audits = await rowsOf('select 1 from audit_entry where object = $1', [endpoint.id])
    assert.equal(audits.length, 1)
  })

  it('never registers more than the most, however many ask at once', async () => {
    await removeAll()
    const made = await Promise.all(
      Array.from({ length: 8 }, () => register({ most: 3 }).catch(() => null)),
    )
    assert.equal(made.filter(Boolean).length, 3)
  })

  it('lists newest first by pages, and shows a tenant nothing of another', async () => {
    await removeAll()
    const [first, second, third] = [await register(), await register(), await register()]
    await register({ tenantId: 'other' })
    const page = await at.store.endpoints.list('default', { limit: 2, cursor: null })
    assert.deepEqual(page?.items, [third, second])
    const rest = await at.store.endpoints.list('default', { limit: 2, cursor: page.next })
    assert.deepEqual(rest, { items: [first], next: null })
    assert.equal(await at.store.endpoints.list('default', { limit: 2, cursor: 'é' }), null)
    assert.equal(await at.store.endpoints.find('other', first.id), null)
    const theirs = { ...about(first), tenantId: 'other' }
    const change = { enabled: false }
    assert.equal(await at.store.endpoints.change({ ...theirs, version: 1, change }), null)
    assert.equal(await at.store.endpoints.remove({ ...theirs, version: null }), null)
    assert.equal(await at.store.endpoints.rotate({ ...theirs, secret: 'x', overlapMs: 1 }), null)
  })

  it('changes only the version that was seen, and what is not named stays', async () => {
    const endpoint = await register({ events: ['upload.failed'] })
    const input = { ...about(endpoint), version: 1, change: { url: 'https://new.example/' } }
    const changed = await at.store.endpoints.change(input)
    assert.ok(changed?.kind === 'changed')
    const { url, events, version } = changed.endpoint
    assert.deepEqual([url, events, version], ['https://new.example/', ['upload.failed'], 2])
    assert.deepEqual(await at.store.endpoints.change(input), { kind: 'stale' })
    const all = { ...about(endpoint), version: 2, change: { events: null } }
    const widened = await at.store.endpoints.change(all)
    assert.ok(widened?.kind === 'changed' && widened.endpoint.events === null)
  })

  it('signs with both secrets while the overlap of a rotation lasts, then with the new one', async () => {
    await removeAll()
    const endpoint = await register()
    const delivery = await deliveryFor(endpoint)
    const rotate = (secret: string) =>
      at.store.endpoints.rotate({ ...about(endpoint), secret, overlapMs: DAY_MS })
    const rotated = await rotate('whsec_second')
    assert.ok(rotated?.kind === 'rotated')
    const untilMs = Date.parse(rotated.endpoint.previousSecretUntil!) - Date.now()
    assert.ok(untilMs > DAY_MS - 60_000 && untilMs < DAY_MS + 60_000)
    const secrets = async () => (await at.store.sync.load(delivery))?.secrets
    assert.deepEqual(await secrets(), ['whsec_second', 'whsec_first'])
    await rotate('whsec_third')
    assert.deepEqual(await secrets(), ['whsec_third', 'whsec_second'])
    await at.store.sql.executeSql(
      `update sync_endpoint set previous_secret_until = clock_timestamp() where id = $1`,
      [endpoint.id],
    )
    assert.deepEqual(await secrets(), ['whsec_third'])
    assert.equal((await endpointNow(endpoint)).previousSecretUntil, null)
  })

  it('deletes an endpoint with its log, counts what was given up, and late attempts find nothing', async () => {
    await removeAll()
    const endpoint = await register()
    const delivery = await deliveryFor(endpoint)
    await deliveryFor(endpoint)
    await at.store.sync.record(delivery, gone())
    const entry = audit('endpoint.deleted', endpoint.id)
    const input = { ...about(endpoint), audit: entry }
    assert.deepEqual(await at.store.endpoints.remove({ ...input, version: 1 }), { kind: 'stale' })
    assert.deepEqual(await at.store.endpoints.remove({ ...input, version: null }), {
      kind: 'removed',
    })
    assert.equal(await at.store.endpoints.find('default', endpoint.id), null)
    const [counts] = await rowsOf<{ counts: object }>(
      'select counts from audit_entry where id = $1',
      [entry.id],
    )
    assert.deepEqual(counts?.counts, { deliveries: 2, pendingGivenUp: 1 })
    assert.equal(await at.store.sync.load(delivery), null)
    assert.equal(await at.store.sync.record(delivery, retry()), null)
  })

  it('endpoints of the environment are as it says at each start, and belong to it alone', async () => {
    await removeAll()
    const crm = { name: 'crm', url: 'https://crm.example/', secret: 'whsec_abc' }
    const ensure = (events: readonly ('upload.failed' | 'upload.completed')[] | null) =>
      at.store.sync.ensureEnvEndpoints(events === null ? [] : [{ ...crm, events }])
    await ensure(['upload.completed'])
    const [made] = (await at.store.endpoints.list('default', { limit: 5, cursor: null }))!.items
    assert.deepEqual([made?.source, made?.events], ['environment', ['upload.completed']])
    const input = { ...about(made!), version: 1 }
    const fixed = { kind: 'fixed' }
    assert.deepEqual(
      await at.store.endpoints.change({ ...input, change: { enabled: false } }),
      fixed,
    )
    assert.deepEqual(await at.store.endpoints.remove(input), fixed)
    assert.deepEqual(
      await at.store.endpoints.rotate({ ...input, secret: 'whsec_x', overlapMs: 1 }),
      fixed,
    )
    await ensure(['upload.completed'])
    assert.deepEqual(await endpointNow(made!), made, 'the same start changes nothing')
    await at.store.sync.record(await deliveryFor(made!), gone())
    await ensure(['upload.completed'])
    assert.equal((await endpointNow(made!)).enabled, true, 'a start tries a gone one again')
    await at.store.sql
      .executeSql(`update sync_endpoint set consecutive_failures = 50, warned_at = clock_timestamp(),
      failing_since = clock_timestamp() - interval '9 days'`)
    assert.equal(await at.store.sync.record(await deliveryFor(made!), retry()), null)
    assert.equal((await endpointNow(made!)).enabled, true, 'no call could enable it again')
    await ensure(null)
    assert.equal((await endpointNow(made!)).disabledReason, 'not_configured')
  })
})
