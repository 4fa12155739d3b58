import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import type { AuditAction } from '../../../src/domain/audit/audit-details.ts'
import type { WebhookEndpoint } from '../../../src/domain/endpoints/webhook-endpoint.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import type { FailedSync, SyncResult } from '../../../src/workflows/ports/endpoints/sync.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { audit, ids, stageUpload } from '../../support/stages/store-uploads.ts'

const DAY_MS = 24 * 60 * 60 * 1000

eachHome('Webhook endpoints', (home) => {
  let store: Store
  let names = 0
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    await store.sql.executeSql(`insert into tenant (id) values ('other')`)
  })
  after(() => store.close())

  const rowsOf = async <T>(statement: string, values: unknown[] = []): Promise<T[]> =>
    (await store.sql.executeSql(statement, values)).rows as T[]

  const register = async (
    more: Partial<Parameters<Store['endpoints']['create']>[0]> = {},
  ): Promise<WebhookEndpoint> => {
    const id = ids.newId('whe')
    names += 1
    const made = await store.endpoints.create({
      id,
      tenantId: 'default',
      name: `endpoint-${names}`,
      url: 'https://hooks.example/x',
      events: null,
      secret: 'whsec_first',
      most: 1000,
      audit: audit('endpoint.created', id),
      ...more,
    })
    assert.ok(made.kind === 'created')
    return made.endpoint
  }
  const about = (endpoint: WebhookEndpoint, action: AuditAction = 'endpoint.changed') => ({
    tenantId: endpoint.tenantId,
    endpointId: endpoint.id,
    audit: audit(action, endpoint.id),
  })
  const enable = (endpoint: WebhookEndpoint, version: number, enabled: boolean) =>
    store.endpoints.change({ ...about(endpoint), version, change: { enabled } })
  /** The delivery that the end of a new upload makes for the endpoint. */
  const deliveryFor = async (endpoint: WebhookEndpoint): Promise<string> => {
    const { id } = await stageUpload(store, { accepted: [], rejected: 1, list: ids.newId('list') })
    const rows = await rowsOf<{ id: string }>(
      'select id from sync_delivery where object = $1 and endpoint_id = $2',
      [id, endpoint.id],
    )
    assert.equal(rows.length, 1)
    return rows[0]!.id
  }
  const failure = (more: Partial<FailedSync> = {}): FailedSync => ({
    status: 500,
    failure: 'answer',
    gone: false,
    disabledAudit: audit('endpoint.disabled', 'whe'),
    ...more,
  })
  const retry = (nextInMs = 0, more: Partial<FailedSync> = {}): SyncResult => ({
    state: 'pending',
    nextInMs,
    audit: audit('sync.retried', 'upl'),
    ...failure(more),
  })
  const gone = (): SyncResult => ({
    state: 'dead',
    audit: audit('sync.dead', 'msg'),
    ...failure({ status: 410, gone: true }),
  })
  const delivered = (status: number): SyncResult => ({
    state: 'delivered',
    status,
    audit: audit('sync.delivered', 'msg'),
  })
  const endpointNow = async ({ tenantId, id }: WebhookEndpoint): Promise<WebhookEndpoint> =>
    (await store.endpoints.find(tenantId, id))!
  const removeAll = () =>
    store.sql.executeSql('delete from sync_delivery; delete from sync_endpoint')

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
    assert.deepEqual(await store.endpoints.create(again), { kind: 'name_taken' })
    assert.deepEqual(await store.endpoints.create({ ...again, most: 1, name: 'more' }), {
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
    const page = await store.endpoints.list('default', { limit: 2, cursor: null })
    assert.deepEqual(page?.items, [third, second])
    const rest = await store.endpoints.list('default', { limit: 2, cursor: page.next })
    assert.deepEqual(rest, { items: [first], next: null })
    assert.equal(await store.endpoints.list('default', { limit: 2, cursor: 'é' }), null)
    assert.equal(await store.endpoints.find('other', first.id), null)
    const theirs = { ...about(first), tenantId: 'other' }
    const change = { enabled: false }
    assert.equal(await store.endpoints.change({ ...theirs, version: 1, change }), null)
    assert.equal(await store.endpoints.remove({ ...theirs, version: null }), null)
    assert.equal(await store.endpoints.rotate({ ...theirs, secret: 'x', overlapMs: 1 }), null)
  })

  it('changes only the version that was seen, and what is not named stays', async () => {
    const endpoint = await register({ events: ['upload.failed'] })
    const input = { ...about(endpoint), version: 1, change: { url: 'https://new.example/' } }
    const changed = await store.endpoints.change(input)
    assert.ok(changed?.kind === 'changed')
    const { url, events, version } = changed.endpoint
    assert.deepEqual([url, events, version], ['https://new.example/', ['upload.failed'], 2])
    assert.deepEqual(await store.endpoints.change(input), { kind: 'stale' })
    const all = { ...about(endpoint), version: 2, change: { events: null } }
    const widened = await store.endpoints.change(all)
    assert.ok(widened?.kind === 'changed' && widened.endpoint.events === null)
  })

  it('tells an endpoint only of the events it asked for, and a disabled one of nothing', async () => {
    await removeAll()
    const all = await register()
    await register({ events: ['upload.failed', 'dnc.applied'] })
    const off = await register()
    await enable(off, 1, false)
    await register({ tenantId: 'other' })
    const { id } = await stageUpload(store, { accepted: [], rejected: 1 })
    const told = await rowsOf<{ endpoint_id: string }>(
      'select endpoint_id from sync_delivery where object = $1',
      [id],
    )
    assert.deepEqual(told, [{ endpoint_id: all.id }])
  })

  it('signs with both secrets while the overlap of a rotation lasts, then with the new one', async () => {
    await removeAll()
    const endpoint = await register()
    const delivery = await deliveryFor(endpoint)
    const rotate = (secret: string) =>
      store.endpoints.rotate({ ...about(endpoint), secret, overlapMs: DAY_MS })
    const rotated = await rotate('whsec_second')
    assert.ok(rotated?.kind === 'rotated')
    const untilMs = Date.parse(rotated.endpoint.previousSecretUntil!) - Date.now()
    assert.ok(untilMs > DAY_MS - 60_000 && untilMs < DAY_MS + 60_000)
    const secrets = async () => (await store.sync.load(delivery))?.secrets
    assert.deepEqual(await secrets(), ['whsec_second', 'whsec_first'])
    await rotate('whsec_third')
    assert.deepEqual(await secrets(), ['whsec_third', 'whsec_second'])
    await store.sql.executeSql(
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
    await store.sync.record(delivery, gone())
    const entry = audit('endpoint.deleted', endpoint.id)
    const input = { ...about(endpoint), audit: entry }
    assert.deepEqual(await store.endpoints.remove({ ...input, version: 1 }), { kind: 'stale' })
    assert.deepEqual(await store.endpoints.remove({ ...input, version: null }), { kind: 'removed' })
    assert.equal(await store.endpoints.find('default', endpoint.id), null)
    const [counts] = await rowsOf<{ counts: object }>(
      'select counts from audit_entry where id = $1',
      [entry.id],
    )
    assert.deepEqual(counts?.counts, { deliveries: 2, pendingGivenUp: 1 })
    assert.equal(await store.sync.load(delivery), null)
    assert.equal(await store.sync.record(delivery, retry()), null)
  })

  it('an upload ends well while its endpoint is being deleted', async () => {
    await removeAll()
    const endpoint = await register()
    const remove = store.endpoints.remove({ ...about(endpoint), version: null })
    const uploads = [1, 2, 3].map(() => stageUpload(store, { accepted: [], list: ids.newId('l') }))
    assert.deepEqual(await remove, { kind: 'removed' })
    for (const { state } of await Promise.all(uploads)) assert.equal(state, 'completed')
    assert.deepEqual(await rowsOf('select 1 from sync_delivery'), [])
  })

  it('a 410 disables at once; enabling forgets it, and what was pending comes due again', async () => {
    await removeAll()
    const endpoint = await register()
    const [refused, waiting] = [await deliveryFor(endpoint), await deliveryFor(endpoint)]
    const verdict = await store.sync.record(refused, gone())
    assert.equal(verdict?.kind, 'gone')
    const off = await endpointNow(endpoint)
    assert.deepEqual([off.enabled, off.disabledReason, off.version], [false, 'gone', 2])
    assert.equal(await store.sync.load(waiting), null)
    assert.deepEqual(await store.sync.overdue(-1000), [])
    assert.deepEqual(await enable(endpoint, 1, true), { kind: 'stale' })
    assert.equal((await enable(endpoint, 2, true))?.kind, 'changed')
    const on = await endpointNow(endpoint)
    assert.deepEqual([on.enabled, on.disabledReason, on.consecutiveFailures], [true, null, 0])
    assert.deepEqual(await store.sync.overdue(-1000), [waiting])
    assert.equal((await store.sync.load(waiting))?.id, waiting)
  })

  it('warns once after a day of nothing but failures, disables after five, and a success forgets all', async () => {
    await removeAll()
    const endpoint = await register()
    const delivery = await deliveryFor(endpoint)
    const failingFor = (days: number) =>
      store.sql.executeSql(
        `update sync_endpoint set failing_since = clock_timestamp() - make_interval(days => $1::int)`,
        [days],
      )
    const fail = async () => (await store.sync.record(delivery, retry()))?.kind ?? null
    assert.equal(await fail(), null)
    await failingFor(1)
    assert.equal(await fail(), 'warn')
    assert.equal(await fail(), null)
    assert.notEqual((await endpointNow(endpoint)).warnedAt, null)
    await failingFor(6)
    assert.equal(await fail(), null, 'four failures are not a whole schedule')
    const succeeded = await deliveryFor(endpoint)
    assert.equal(await store.sync.record(succeeded, delivered(200)), null)
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

  it('replays with the same id and body on a new schedule, and the job of the old one finds nothing to do', async () => {
    await removeAll()
    const endpoint = await register()
    const delivery = await deliveryFor(endpoint)
    const body = (await store.sync.load(delivery))!.body
    await store.sync.record(delivery, gone())
    const input = { ...about(endpoint, 'sync.replayed'), deliveryId: delivery }
    assert.deepEqual(await store.endpoints.replay(input), { kind: 'disabled' })
    await enable(endpoint, 2, true)
    const replay = () =>
      store.endpoints.replay({ ...input, audit: audit('sync.replayed', delivery) })
    const replayed = await replay()
    assert.ok(replayed?.kind === 'replayed')
    const { id, state, attempts, lastStatus } = replayed.delivery
    assert.deepEqual([id, state, attempts, lastStatus], [delivery, 'pending', 0, 410])
    const again = await store.sync.load(delivery)
    assert.deepEqual([again?.body, again?.attempts], [body, 0])
    await store.sync.record(delivery, retry(60_000))
    assert.equal(await store.sync.load(delivery), null, 'not due yet')
    assert.equal((await replay())?.kind, 'replayed')
    assert.equal((await store.sync.load(delivery))?.id, delivery)
    assert.equal(await store.endpoints.replay({ ...input, tenantId: 'other' }), null)
    assert.equal(await store.endpoints.replay({ ...input, deliveryId: 'msg_x' }), null)
  })

  it('tries an endpoint out: it alone is told, whatever it hears, and not while it is disabled', async () => {
    await removeAll()
    const [tried, other] = [await register({ events: ['dnc.held'] }), await register()]
    const input = about(tried, 'endpoint.tested')
    const told = await store.endpoints.test(input)
    assert.ok(told?.kind === 'told')
    const { id, eventType, object, state } = told.delivery
    assert.deepEqual([eventType, object, state], ['endpoint.test', tried.id, 'pending'])
    const body = JSON.parse((await store.sync.load(id))!.body) as { data: object }
    assert.deepEqual(body.data, { endpointId: tried.id })
    const log = { limit: 5, cursor: null, states: [] }
    assert.deepEqual((await store.endpoints.deliveries(other.id, log))!.items, [])
    const again = { ...input, audit: audit('endpoint.tested', tried.id) }
    assert.equal(await store.endpoints.test({ ...again, tenantId: 'other' }), null)
    await enable(tried, tried.version, false)
    assert.deepEqual(await store.endpoints.test(again), { kind: 'disabled' })
  })

  it('logs deliveries newest first, by state, with what the last attempt came to', async () => {
    await removeAll()
    const endpoint = await register()
    const [first, second] = [await deliveryFor(endpoint), await deliveryFor(endpoint)]
    await store.sync.record(first, retry(0, { failure: 'no_answer', status: null }))
    await store.sync.record(second, delivered(204))
    const log = (states: ('pending' | 'delivered')[], cursor: string | null = null) =>
      store.endpoints.deliveries(endpoint.id, { limit: 1, cursor, states })
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

  it('endpoints of the environment are as it says at each start, and belong to it alone', async () => {
    await removeAll()
    const crm = { name: 'crm', url: 'https://crm.example/', secret: 'whsec_abc' }
    const ensure = (events: readonly ('upload.failed' | 'upload.completed')[] | null) =>
      store.sync.ensureEnvEndpoints(events === null ? [] : [{ ...crm, events }])
    await ensure(['upload.completed'])
    const [made] = (await store.endpoints.list('default', { limit: 5, cursor: null }))!.items
    assert.deepEqual([made?.source, made?.events], ['environment', ['upload.completed']])
    const input = { ...about(made!), version: 1 }
    const fixed = { kind: 'fixed' }
    assert.deepEqual(await store.endpoints.change({ ...input, change: { enabled: false } }), fixed)
    assert.deepEqual(await store.endpoints.remove(input), fixed)
    assert.deepEqual(
      await store.endpoints.rotate({ ...input, secret: 'whsec_x', overlapMs: 1 }),
      fixed,
    )
    await ensure(['upload.completed'])
    assert.deepEqual(await endpointNow(made!), made, 'the same start changes nothing')
    await store.sync.record(await deliveryFor(made!), gone())
    await ensure(['upload.completed'])
    assert.equal((await endpointNow(made!)).enabled, true, 'a start tries a gone one again')
    await store.sql
      .executeSql(`update sync_endpoint set consecutive_failures = 50, warned_at = clock_timestamp(),
      failing_since = clock_timestamp() - interval '9 days'`)
    assert.equal(await store.sync.record(await deliveryFor(made!), retry()), null)
    assert.equal((await endpointNow(made!)).enabled, true, 'no call could enable it again')
    await ensure(null)
    assert.equal((await endpointNow(made!)).disabledReason, 'not_configured')
  })
})
