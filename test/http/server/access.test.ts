import assert from 'node:assert/strict'
import { test } from 'node:test'

import fastify from 'fastify'

import { authPlugin } from '../../../src/http/plugins/auth.ts'
import { lifecyclePlugin } from '../../../src/http/plugins/lifecycle.ts'
import type { HttpDeps } from '../../../src/http/server/server.ts'
import { bearer } from '../../support/gateway/fake-keys.ts'
import { startFakeServer } from '../../support/gateway/http-fakes.ts'

const GUARDED = [
  ['GET', '/v1/uploads', 'uploads'],
  ['GET', '/v1/uploads/upl_1', 'uploads'],
  ['GET', '/v1/uploads/upl_1/rows', 'uploads'],
  ['POST', '/v1/uploads/upl_1/cancel', 'uploads'],
  ['POST', '/v1/uploads/upl_1/pause', 'uploads'],
  ['POST', '/v1/uploads/upl_1/resume', 'uploads'],
  ['GET', '/v1/contact-lists', 'lists'],
  ['GET', '/v1/contact-lists/list-1', 'lists'],
  ['POST', '/v1/contact-lists/list-1/uploads?validateOnly=true', 'uploads'],
  ['GET', '/v1/webhook-endpoints', 'webhooks'],
  ['GET', '/v1/webhook-endpoints/whe_1', 'webhooks'],
  ['GET', '/v1/webhook-endpoints/whe_1/deliveries', 'webhooks'],
  ['POST', '/v1/webhook-endpoints/whe_1/deliveries/msg_1/replay', 'webhooks'],
  ['POST', '/v1/webhook-endpoints/whe_1/test', 'webhooks'],
  ['POST', '/v1/webhook-endpoints/whe_1/rotate-secret', 'webhooks'],
  ['DELETE', '/v1/webhook-endpoints/whe_1', 'webhooks'],
] as const

test('every guarded route answers 401 without a live key, 403 without the scope and 2xx with it', async (t) => {
  const { app } = await startFakeServer({
    limits: { maxUploadBytes: 100_000, keyFailuresPerMinute: 1_000 },
  })
  t.after(() => app.close())
  for (const [method, url, scope] of GUARDED) {
    const call = async (headers: Record<string, string>) => {
      const body = url.includes('validateOnly') ? { payload: 'a', type: 'text/csv' } : null
      const answer = await app.inject({
        method,
        url,
        headers: { ...headers, ...(body ? { 'content-type': body.type } : {}) },
        ...(body ? { payload: body.payload } : {}),
      })
      return answer
    }
    for (const headers of [
      {},
      { authorization: 'Bearer wrong' },
      bearer('expired'),
      bearer('revoked'),
    ]) {
      const answer = await call(headers)
      assert.equal(answer.statusCode, 401, `${method} ${url}`)
      assert.match(String(answer.headers['www-authenticate']), /^Bearer/)
      assert.equal(answer.json().type, '/problems/unauthorized')
    }
    const forbidden = await call(bearer('dnc'))
    assert.equal(forbidden.statusCode, 403)
    assert.equal(forbidden.json().scope, scope)
    assert.ok((await call(bearer(scope))).statusCode < 300, `${method} ${url}`)
  }
})

test('another tenant’s upload and list are answered exactly like unknown ones', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  const body = async (url: string, name: 'admin' | 'foreign') => {
    const answer = await app.inject({ url, headers: { ...bearer(name), 'x-request-id': 'r' } })
    assert.equal(answer.statusCode, 404)
    return answer.body
  }
  assert.equal(await body('/v1/uploads/upl_1', 'foreign'), await body('/v1/uploads/upl_x', 'admin'))
  assert.match(
    await body('/v1/contact-lists/list-foreign', 'admin'),
    /The contact list does not exist/,
  )
})

test('the gateway does not start with a route that does not declare who may call it', async () => {
  const app = fastify()
  const deps = { limits: { maxUploadBytes: 1 }, clock: {} } as unknown as HttpDeps
  await app.register(lifecyclePlugin(deps))
  await app.register(authPlugin(deps))
  assert.throws(() => app.get('/open', async () => 'x'), /does not say who may call it/)
})

test('an address that sent too many refused keys gets 429, but a key that worked just before still works', async (t) => {
  const { app, calls } = await startFakeServer({
    limits: { maxUploadBytes: 1000, keyFailuresPerMinute: 3 },
  })
  t.after(() => app.close())
  const call = async (authorization: string, forwarded = '1.1.1.1') =>
    app.inject({ url: '/v1/uploads', headers: { authorization, 'x-forwarded-for': forwarded } })
  assert.equal((await call(bearer('uploads').authorization)).statusCode, 200)
  for (let i = 0; i < 3; i += 1) assert.equal((await call(`Bearer wrong${i}`)).statusCode, 401)
  const lookups = calls.length
  const refused = await call('Bearer wrong9', '2.2.2.2')
  assert.equal(refused.statusCode, 429)
  assert.ok(Number(refused.headers['retry-after']) >= 1)
  assert.equal(calls.length, lookups, 'no lookup for a refused address')
  assert.equal((await call(bearer('uploads').authorization)).statusCode, 200)
})

test('an empty list of proxies believes nobody, and a listed proxy is believed', async (t) => {
  const refusals = async (trustProxy: string[]) => {
    const limits = { maxUploadBytes: 1000, keyFailuresPerMinute: 1 }
    const { app } = await startFakeServer({ trustProxy, limits })
    t.after(() => app.close())
    const call = async (forwarded: string) => {
      const headers = { authorization: 'Bearer wrong', 'x-forwarded-for': forwarded }
      return (await app.inject({ url: '/v1/uploads', headers })).statusCode
    }
    return [await call('1.1.1.1'), await call('2.2.2.2')]
  }
  assert.deepEqual(await refusals([]), [401, 429])
  assert.deepEqual(await refusals(['127.0.0.1']), [401, 401])
})

for (const trustProxy of [[], ['127.0.0.1', '10.0.0.0/8'], '10.0.0.9', false]) {
  const name = JSON.stringify(trustProxy)
  test(`X-Forwarded-For never makes a call of /metrics loopback, with trustProxy ${name}`, async (t) => {
    const { app } = await startFakeServer({ trustProxy } as Partial<HttpDeps>)
    t.after(() => app.close())
    for (const remoteAddress of ['10.0.0.9', '127.0.0.1']) {
      const headers = { 'x-forwarded-for': '127.0.0.1' }
      const answer = await app.inject({ url: '/metrics', headers, remoteAddress })
      assert.equal(answer.statusCode, 401, remoteAddress)
    }
  })
}

test('metrics are free on loopback, and a forwarded call is never loopback', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  const call = async (headers: Record<string, string>, remoteAddress = '127.0.0.1') =>
    (await app.inject({ url: '/metrics', headers, remoteAddress })).statusCode
  assert.equal(await call({}), 200)
  assert.equal(await call({ 'x-forwarded-for': '127.0.0.1' }), 401)
  assert.equal(await call({ 'x-forwarded-for': '127.0.0.1' }, '10.0.0.9'), 401)
  assert.equal(await call({ authorization: 'Bearer metrics-token' }, '10.0.0.9'), 200)
  assert.equal(await call(bearer('admin'), '10.0.0.9'), 200)
  assert.equal(await call(bearer('uploads'), '10.0.0.9'), 403)
})
