import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'

import {
  deliverySchema,
  endpointSchema,
  endpointWithSecretSchema,
} from '../../../../src/http/routes/endpoints/endpoint-schemas.ts'
import { pageOf } from '../../../../src/http/server/schemas.ts'
import { bearer } from '../../../support/gateway/fake-keys.ts'
import { startFakeServer } from '../../../support/gateway/http-fakes.ts'

const ENDPOINTS = '/v1/webhook-endpoints'
const MINE = `${ENDPOINTS}/whe_1`

const setUp = async (t: TestContext) => {
  const fake = await startFakeServer()
  t.after(() => fake.app.close())
  const call = async (
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    url: string,
    about: { body?: unknown; headers?: Record<string, string>; key?: 'webhooks' | 'foreign' } = {},
  ) => {
    const headers = { ...bearer(about.key ?? 'webhooks'), ...about.headers }
    if (about.body === undefined) return fake.app.inject({ method, url, headers })
    return fake.app.inject({
      method,
      url,
      headers: { ...headers, 'content-type': 'application/json' },
      payload: JSON.stringify(about.body),
    })
  }
  return { ...fake, call }
}

const NEW = { name: 'billing', url: 'https://billing.example/hook' }

test('registering answers 201 with the secret, which no other answer ever holds', async (t) => {
  const { call, endpoints } = await setUp(t)
  const answer = await call('POST', ENDPOINTS, { body: NEW })
  assert.equal(answer.statusCode, 201, answer.body)
  const made = endpointWithSecretSchema.parse(answer.json())
  assert.match(made.secret, /^whsec_[A-Za-z0-9+/]{43}=$/)
  assert.deepEqual(endpoints.secrets, [made.secret])
  assert.match(made.id, /^whe_[0-9a-f]{32}$/)
  assert.equal(answer.headers['location'], `${ENDPOINTS}/${made.id}`)
  assert.equal(answer.headers['etag'], '"1"')
  assert.deepEqual([made.events, made.source, made.enabled], [null, 'registered', true])
  const one = await call('GET', `${ENDPOINTS}/${made.id}`)
  endpointSchema.parse(one.json())
  const list = await call('GET', ENDPOINTS)
  pageOf(endpointSchema).parse(list.json())
  assert.doesNotMatch(one.body + list.body, /whsec_/)
  assert.deepEqual(endpoints.audits, [`endpoint.created ${made.id}`])
})

test('what is not of the form of a registration is 400 and named by its place', async (t) => {
  const { call } = await setUp(t)
  const cases: [unknown, string][] = [
    [{ ...NEW, uri: 1 }, 'uri'],
    [{ url: NEW.url }, 'name'],
    [{ ...NEW, name: 'two words' }, 'name'],
    [{ ...NEW, name: '' }, 'name'],
    [{ ...NEW, url: 7 }, 'url'],
    [{ ...NEW, events: [] }, 'events'],
    [{ ...NEW, events: ['upload.odd'] }, 'events.0'],
    [{ ...NEW, events: ['upload.held', 'upload.held'] }, 'events'],
    [[NEW], 'body'],
  ]
  for (const [body, field] of cases) {
    const answer = await call('POST', ENDPOINTS, { body })
    assert.equal(answer.statusCode, 400, answer.body)
    assert.deepEqual([answer.json().code, answer.json().fields], ['body-invalid', [field]])
  }
  assert.equal((await call('POST', ENDPOINTS)).json().code, 'body-invalid')
})

test('a URL that is not a public https one is 422 before anything is kept, when registering and when changing', async (t) => {
  const { call, endpoints } = await setUp(t)
  const url = 'https://169.254.169.254/latest'
  const made = await call('POST', ENDPOINTS, { body: { ...NEW, url } })
  assert.deepEqual([made.statusCode, made.json().code], [422, 'webhook-url-refused'])
  assert.doesNotMatch(made.body, /169/)
  const changed = await call('PATCH', MINE, { body: { url }, headers: { 'if-match': '"1"' } })
  assert.equal(changed.json().code, 'webhook-url-refused')
  assert.deepEqual(endpoints.audits, [])
})

test('names are unique within a tenant, those of the environment are kept for it, and 50 are enough', async (t) => {
  const { call } = await setUp(t)
  for (const name of ['mine', 'crm', 'dms', 'cdp']) {
    const answer = await call('POST', ENDPOINTS, { body: { ...NEW, name } })
    assert.deepEqual([answer.statusCode, answer.json().code], [409, 'webhook-endpoint-exists'])
  }
  for (let n = 0; n < 48; n += 1) {
    assert.equal(
      (await call('POST', ENDPOINTS, { body: { ...NEW, name: `n${n}` } })).statusCode,
      201,
    )
  }
  const many = await call('POST', ENDPOINTS, { body: NEW })
  assert.deepEqual([many.statusCode, many.json().code], [409, 'webhook-endpoints-too-many'])
})

test('a change needs the version that was seen: 428 without, 412 with another', async (t) => {
  const { call } = await setUp(t)
  const body = { enabled: false, events: ['upload.failed'] }
  assert.equal((await call('PATCH', MINE, { body })).statusCode, 428)
  for (const tag of ['"2"', 'W/"1"', '1']) {
    const answer = await call('PATCH', MINE, { body, headers: { 'if-match': tag } })
    assert.deepEqual([answer.statusCode, answer.json().code], [412, 'precondition-failed'], tag)
  }
  const done = await call('PATCH', MINE, { body, headers: { 'if-match': '"7", "1"' } })
  assert.equal(done.statusCode, 200, done.body)
  assert.equal(done.headers['etag'], '"2"')
  assert.deepEqual([done.json().enabled, done.json().events], [false, ['upload.failed']])
  // The state of its deliveries changes without a new version, so a reader always gets the whole
  // endpoint.
  const again = await call('GET', MINE, { headers: { 'if-none-match': '"2"' } })
  assert.equal(again.statusCode, 200)
  const empty = await call('PATCH', MINE, { body: {}, headers: { 'if-match': '*' } })
  assert.equal(empty.json().code, 'body-invalid')
  const stale = await call('DELETE', MINE, { headers: { 'if-match': '"1"' } })
  assert.equal(stale.statusCode, 412)
  assert.equal((await call('DELETE', MINE, { headers: { 'if-match': '"2"' } })).statusCode, 204)
  assert.equal((await call('GET', MINE)).statusCode, 404)
})

test('an endpoint of the environment is shown but not changed, rotated or deleted', async (t) => {
  const { call } = await setUp(t)
  const url = `${ENDPOINTS}/whe_env`
  assert.equal((await call('GET', url)).json().source, 'environment')
  const headers = { 'if-match': '"1"' }
  for (const answer of [
    await call('PATCH', url, { body: { enabled: false }, headers }),
    await call('POST', `${url}/rotate-secret`),
    await call('DELETE', url),
  ]) {
    assert.deepEqual([answer.statusCode, answer.json().code], [409, 'webhook-endpoint-fixed'])
  }
})

test('rotating shows a new secret once and tells until when the old one signs', async (t) => {
  const { call, endpoints } = await setUp(t)
  const answer = await call('POST', `${MINE}/rotate-secret`)
  assert.equal(answer.statusCode, 200)
  const { secret, previousSecretUntil } = endpointWithSecretSchema.parse(answer.json())
  assert.deepEqual(endpoints.secrets, [secret])
  assert.notEqual(previousSecretUntil, null)
  assert.deepEqual(endpoints.audits, ['endpoint.secret_rotated whe_1'])
})

test('a body where none is taken is refused and nothing happens; {} counts as none', async (t) => {
  const { call, endpoints } = await setUp(t)
  for (const [url, body, field] of [
    [`${MINE}/rotate-secret`, { overlapHours: 0 }, 'overlapHours'],
    [`${MINE}/deliveries/msg_1/replay`, ['msg_1'], 'body'],
  ] as const) {
    const answer = await call('POST', url, { body })
    assert.deepEqual([answer.statusCode, answer.json().code], [400, 'body-invalid'], answer.body)
    assert.deepEqual(answer.json().fields, [field])
  }
  assert.deepEqual(endpoints.audits, [])
  assert.equal((await call('POST', `${MINE}/rotate-secret`, { body: {} })).statusCode, 200)
})

test('deliveries are listed by state and replayed, which a disabled endpoint refuses', async (t) => {
  const { call, endpoints } = await setUp(t)
  const page = await call('GET', `${MINE}/deliveries?state=dead,pending&limit=5`)
  assert.equal(pageOf(deliverySchema).parse(page.json()).items.length, 1)
  assert.equal((await call('GET', `${MINE}/deliveries?state=delivered`)).json().items.length, 0)
  for (const [query, name] of [
    ['state=odd', 'state'],
    ['cursor=broken', 'cursor'],
    ['limit=0', 'limit'],
    ['x=1', 'x'],
  ] as const) {
    const answer = await call('GET', `${MINE}/deliveries?${query}`)
    assert.deepEqual([answer.statusCode, answer.json().parameters], [400, [name]])
  }
  const replay = await call('POST', `${MINE}/deliveries/msg_1/replay`)
  assert.equal(replay.statusCode, 202)
  assert.equal(deliverySchema.parse(replay.json()).state, 'pending')
  assert.deepEqual(endpoints.audits, ['sync.replayed msg_1'])
  assert.equal((await call('POST', `${MINE}/deliveries/msg_2/replay`)).statusCode, 404)
  await call('PATCH', MINE, { body: { enabled: false }, headers: { 'if-match': '*' } })
  const refused = await call('POST', `${MINE}/deliveries/msg_1/replay`)
  assert.deepEqual([refused.statusCode, refused.json().code], [409, 'webhook-endpoint-disabled'])
})

test('another tenant’s endpoint is answered exactly like an unknown one, whatever is asked of it', async (t) => {
  const { call } = await setUp(t)
  const headers = { 'x-request-id': 'r', 'if-match': '*' }
  for (const [method, rest, body] of [
    ['GET', '', undefined],
    ['PATCH', '', { enabled: true }],
    ['DELETE', '', undefined],
    ['POST', '/rotate-secret', undefined],
    ['GET', '/deliveries', undefined],
    ['POST', '/deliveries/msg_1/replay', undefined],
  ] as const) {
    const theirs = await call(method, `${MINE}${rest}`, { body, headers, key: 'foreign' })
    const unknown = await call(method, `${ENDPOINTS}/whe_9${rest}`, { body, headers })
    assert.equal(theirs.statusCode, 404, `${method} ${rest}`)
    assert.equal(theirs.body, unknown.body)
  }
  const list = await call('GET', ENDPOINTS, { key: 'foreign' })
  assert.deepEqual(list.json(), { items: [], next: null })
})
