import assert from 'node:assert/strict'
import { test } from 'node:test'

import { bearer } from '../../support/gateway/fake-keys.ts'
import { startFakeServer } from '../../support/gateway/http-fakes.ts'

const FIXED = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'cache-control': 'no-store',
}

test('every answer has the same protective headers, and none shows which software made it', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  let answers = 0
  for (const operation of app.operations()) {
    const url = operation.url.replaceAll(/:(\w+)/gu, 'nobody-has-this')
    if (url.includes('/events')) continue
    for (const headers of [{}, bearer('admin')]) {
      const answer = await app.inject({ method: operation.method, url, headers })
      answers += 1
      const about = `${operation.id} ${answer.statusCode}`
      for (const [name, value] of Object.entries(FIXED)) {
        assert.equal(answer.headers[name], value, `${about} ${name}`)
      }
      assert.match(String(answer.headers['content-security-policy']), /default-src 'none'/u, about)
      for (const name of ['server', 'x-powered-by', 'set-cookie', 'access-control-allow-origin']) {
        assert.equal(answer.headers[name], undefined, about)
      }
      if (answer.statusCode < 400) continue
      assert.match(String(answer.headers['content-type']), /^application\/problem\+json/u, about)
      assert.doesNotMatch(answer.body, /node_modules|\.ts:\d|at (?:async )?\w+ \(/u, about)
    }
  }
  t.diagnostic(`${answers} answers`)
})

test('TRACE, CONNECT and bodies of plain text are refused everywhere', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  for (const url of ['/v1/uploads', '/livez', '/nowhere']) {
    const answer = await app.inject({ method: 'TRACE' as 'GET', url, headers: bearer('admin') })
    assert.ok([404, 405].includes(answer.statusCode), `${url} ${answer.statusCode}`)
  }
  for (const type of [
    'text/plain',
    'text/html',
    'application/xml',
    'application/x-www-form-urlencoded',
  ]) {
    const answer = await app.inject({
      ...{ method: 'POST', url: '/v1/keys', payload: 'x=y' },
      headers: { ...bearer('admin'), 'content-type': type },
    })
    assert.equal(answer.statusCode, 415, type)
  }
})

test('no answer redirects to another site, whatever target a call names', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  const elsewhere = [
    '//evil.example',
    '/\\evil.example',
    '/%2f%2fevil.example',
    '/https://evil.example',
  ]
  for (const url of [
    ...elsewhere,
    ...elsewhere.map((path) => `/docs${path}`),
    ...['next', 'url', 'redirect', 'returnTo'].map((name) => `/v1/uploads?${name}=//evil.example`),
    '/v1/uploads/..%2f..%2fetc%2fpasswd',
    '/problems/..%2f..%2fpackage.json',
    '/docs/static/..%2f..%2f..%2fpackage.json',
    '/docs/static/%2e%2e/%2e%2e/package.json',
  ]) {
    const answer = await app.inject({ url, headers: bearer('admin') })
    assert.ok(answer.statusCode >= 400 && answer.statusCode < 500, `${url} ${answer.statusCode}`)
    assert.equal(answer.headers['location'], undefined, url)
    assert.doesNotMatch(answer.body, /root:x:|"dependencies"/u, url)
  }
})

test('a header of a call changes neither its method, its address nor its host', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  const plain = await app.inject({ url: '/v1/uploads/upl_1', headers: bearer('uploads') })
  const odd = await app.inject({
    url: '/v1/uploads/upl_1',
    headers: {
      ...bearer('uploads'),
      'x-http-method-override': 'DELETE',
      'x-original-url': '/v1/keys',
      'x-rewrite-url': '/v1/keys',
      'x-forwarded-host': 'evil.example',
      forwarded: 'host=evil.example',
      host: 'evil.example',
    },
  })
  assert.equal(odd.statusCode, 200)
  assert.deepEqual(odd.json(), plain.json())
  assert.ok(!JSON.stringify(odd.headers).includes('evil.example'))
})
