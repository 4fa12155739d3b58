import assert from 'node:assert/strict'
import { it } from 'node:test'

import { eachHome } from '../../support/databases/database.ts'
import {
  about,
  delivered,
  endpointSuite,
  gone,
  retry,
} from '../../support/endpoints/endpoint-suite.ts'
import { audit, ids, stageUpload } from '../../support/stages/store-uploads.ts'

eachHome('What webhook endpoints are sent', (home) => {
  const at = endpointSuite(home)
  const { rowsOf, register, enable, deliveryFor, removeAll } = at

  it('tells an endpoint only of the events it asked for, and a disabled one of nothing', async () => {
    await removeAll()
    const all = await register()
    await register({ events: ['upload.failed', 'dnc.applied'] })
    const off = await register()
    await enable(off, 1, false)
    await register({ tenantId: 'other' })
    const { id } = await stageUpload(at.store, { accepted: [], rejected: 1 })
    const told = await rowsOf<{ endpoint_id: string }>(
      'select endpoint_id from sync_delivery where object = $1',
      [id],
    )
    assert.deepEqual(told, [{ endpoint_id: all.id }])
  })

  it('an upload ends well while its endpoint is being deleted', async () => {
    await removeAll()
    const endpoint = await register()
    const remove = at.store.endpoints.remove({ ...about(endpoint), version: null })
    const uploads = [1, 2, 3].map(() =>
      stageUpload(at.store, { accepted: [], list: ids.newId('l') }),
    )
    assert.deepEqual(await remove, { kind: 'removed' })
    for (const { state } of await Promise.all(uploads)) assert.equal(state, 'completed')
    assert.deepEqual(await rowsOf('select 1 from sync_delivery'), [])
  })

  it('replays with the same id and body on a new schedule, and the job of the old one finds nothing to do', async () => {
    await removeAll()
    const endpoint = await register()
    const delivery = await deliveryFor(endpoint)
    const body = (await at.store.sync.load(delivery))!.body
    await at.store.sync.record(delivery, gone())
    const input = { ...about(endpoint, 'sync.replayed'), deliveryId: delivery }
    assert.deepEqual(await at.store.endpoints.replay(input), { kind: 'disabled' })
    await enable(endpoint, 2, true)
    const replay = () =>
      at.store.endpoints.replay({ ...input, audit: audit('sync.replayed', delivery) })
    const replayed = await replay()
    assert.ok(replayed?.kind === 'replayed')
    const { id, state, attempts, lastStatus } = replayed.delivery
    assert.deepEqual([id, state, attempts, lastStatus], [delivery, 'pending', 0, 410])
    const again = await at.store.sync.load(delivery)
    assert.deepEqual([again?.body, again?.attempts], [body, 0])
    await at.store.sync.record(delivery, retry(60_000))
    assert.equal(await at.store.sync.load(delivery), null, 'not due yet')
    assert.equal((await replay())?.kind, 'replayed')
    assert.equal((await at.store.sync.load(delivery))?.id, delivery)
    assert.equal(await at.store.endpoints.replay({ ...input, tenantId: 'other' }), null)
    assert.equal(await at.store.endpoints.replay({ ...input, deliveryId: 'msg_x' }), null)
  })

  it('tries an endpoint out: it alone is told, whatever it hears, and not while it is disabled', async () => {
    await removeAll()
    const [tried, other] = [await register({ events: ['dnc.held'] }), await register()]
    const input = about(tried, 'endpoint.tested')
    const told = await at.store.endpoints.test(input)
    assert.ok(told?.kind === 'told')
    const { id, eventType, object, state } = told.delivery
    assert.deepEqual([eventType, object, state], ['endpoint.test', tried.id, 'pending'])
    const body = JSON.parse((await at.store.sync.load(id))!.body) as { data: object }
    assert.deepEqual(body.data, { endpointId: tried.id })
    const log = { limit: 5, cursor: null, states: [] }
    assert.deepEqual((await at.store.endpoints.deliveries(other.id, log))!.items, [])
    const again = { ...input, audit: audit('endpoint.tested', tried.id) }
    assert.equal(await at.store.endpoints.test({ ...again, tenantId: 'other' }), null)
    await enable(tried, tried.version, false)
    assert.deepEqual(await at.store.endpoints.test(again), { kind: 'disabled' })
  })

  it('logs deliveries newest first, by state, with what the last attempt came to', async () => {
    await removeAll()
    const endpoint = await register()
    const [first, second] = [await deliveryFor(endpoint), await deliveryFor(endpoint)]
    await at.store.sync.record(first, retry(0, { failure: 'no_answer', status: null }))
    await at.store.sync.record(second, delivered(204))
    const log = (states: ('pending' | 'delivered')[], cursor: string | null = null) =>
      at.store.endpoints.deliveries(endpoint.id, { limit: 1, cursor, states })
    const page = await log([])
    const [newest] = page!.items
    assert.deepEqual(
      [newest?.id, newest?.state, newest?.attempts, newest?.lastStatus, newest?.nextAt],
      [second, 'delivered', 1, 204, null],
    )
    const [oldest] = (await log([], page!.next))!.items
    assert.deepEqual([oldest?.id, oldest?.lastFailure], [first, 'no_answer'])
    assert.notEqual(oldest?.nextAt, null)
    assert.equal((await log(['pending']))!.items[0]?.id, first)
    assert.equal(await log([], 'é'), null)
  })
})
