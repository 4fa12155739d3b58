import assert from 'node:assert/strict'
import { test } from 'node:test'

import { anUpload } from '../../../support/gateway/an-upload.ts'
import { bearer } from '../../../support/gateway/fake-keys.ts'
import { startFakeServer } from '../../../support/gateway/http-fakes.ts'

const json = { 'content-type': 'application/json' }
const key = { 'idempotency-key': 'k1' }

test('cancel, pause and resume obey If-Match where it is sent', async (t) => {
  const { app, calls } = await startFakeServer()
  t.after(() => app.close())
  const pause = (headers: Record<string, string>) =>
    app.inject({
      method: 'POST',
      url: '/v1/uploads/upl_1/pause',
      headers: { ...bearer('uploads'), ...headers },
    })
  const stale = await pause({ 'if-match': '"6"' })
  assert.equal(stale.statusCode, 412)
  assert.equal(stale.json().code, 'precondition-failed')
  assert.equal((await pause({ 'if-match': 'W/"7"' })).statusCode, 412)
  assert.ok(!calls.includes('pause'))
  for (const given of [
    {},
    { 'if-match': '"7"' },
    { 'if-match': '"1", "7"' },
    { 'if-match': '*' },
  ]) {
    const answer = await pause(given)
    assert.equal(answer.statusCode, 200, JSON.stringify(given))
    assert.equal(answer.headers.etag, '"8"')
  }
})

test('/apply needs a digest in If-Match, and passes every digest there to the workflow', async (t) => {
  const { app, calls } = await startFakeServer()
  t.after(() => app.close())
  const apply = (headers: Record<string, string>) =>
    app.inject({
      method: 'POST',
      url: '/v1/uploads/upl_1/apply',
      headers: { ...bearer('uploads'), ...headers },
    })
  for (const none of [{}, { 'if-match': '*' }, { 'if-match': 'abc' }, { 'if-match': 'W/"abc"' }]) {
    const answer = await apply(none)
    assert.equal(answer.statusCode, 428, JSON.stringify(none))
    assert.equal(answer.json().code, 'precondition-required')
  }
  assert.equal((await apply({ 'if-match': '"abc", "def"' })).statusCode, 200)
  assert.deepEqual(
    calls.filter((call) => call.startsWith('apply')),
    ['apply abc,def'],
  )
})

test('while an upload waits for apply its ETag is the digest of its plan', async (t) => {
  const hold = { reason: 'apply', since: '2026-01-01T00:00:00.000Z' } as const
  const plan = { creates: 1, updates: 0, unchanged: 0, suppressed: 0, notDialledAgain: null }
  const held = anUpload({ state: 'held', hold, plan, planDigest: 'd1' })
  const fake = await startFakeServer()
  const uploads = { ...fake.deps.uploads, find: async () => held }
  const { app } = await startFakeServer({ uploads })
  t.after(() => Promise.all([app.close(), fake.app.close()]))
  const answer = await app.inject({ url: '/v1/uploads/upl_1', headers: bearer('uploads') })
  assert.equal(answer.headers.etag, '"d1"')
  assert.deepEqual(answer.json().plan, plan)
})

test('retry takes an empty body, no body or outcomes, and nothing else', async (t) => {
  const { app, calls } = await startFakeServer()
  t.after(() => app.close())
  const retry = (headers: Record<string, string>, payload?: string) =>
    app.inject({
      method: 'POST',
      url: '/v1/uploads/upl_1/retry',
      headers: { ...bearer('uploads'), ...headers },
      ...(payload === undefined ? {} : { payload }),
    })
  const first = await retry(key)
  assert.equal(first.statusCode, 202, first.body)
  assert.equal(first.headers.location, '/v1/uploads/upl_2')
  assert.equal((await retry({ ...key, ...json }, '{}')).statusCode, 202)
  assert.equal((await retry({ ...key, ...json }, '{"outcomes":["failed"]}')).statusCode, 202)
  assert.deepEqual(
    calls.filter((call) => call.startsWith('retry')),
    [
      'retry upl_1 failed,unprocessed k1',
      'retry upl_1 failed,unprocessed k1',
      'retry upl_1 failed k1',
    ],
  )
  for (const body of ['{"outcomes":[]}', '{"outcomes":["delivered"]}', '{"all":true}', '[]']) {
    const refused = await retry({ ...key, ...json }, body)
    assert.equal(refused.json().code, 'body-invalid', body)
  }
  assert.equal((await retry(json, '{}')).json().code, 'idempotency-key-missing')
})

test('apply and retry need the scope, and a list that is still granted', async (t) => {
  const fake = await startFakeServer()
  const access = { ...fake.deps.access, isGranted: async () => false }
  const { app, calls } = await startFakeServer({ access })
  t.after(() => Promise.all([app.close(), fake.app.close()]))
  for (const action of ['apply', 'retry'] as const) {
    const call = (who: 'uploads' | 'lists' | 'foreign') =>
      app.inject({
        method: 'POST',
        url: `/v1/uploads/upl_1/${action}`,
        headers: { ...bearer(who), ...key, 'if-match': '"d"' },
      })
    assert.equal((await call('lists')).statusCode, 403)
    assert.equal((await call('uploads')).statusCode, 404)
    assert.equal((await call('foreign')).statusCode, 404)
  }
  assert.ok(!calls.some((call) => /^(apply|retry)/u.test(call)))
})

test('a call that needs no body takes a content type without one', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  for (const path of ['cancel', 'pause', 'retry']) {
    for (const payload of [undefined, '', ' \n', '{}']) {
      const answer = await app.inject({
        method: 'POST',
        url: `/v1/uploads/upl_1/${path}`,
        headers: { ...bearer('uploads'), ...json, ...key },
        ...(payload !== undefined && { payload }),
      })
      assert.ok(answer.statusCode < 300, `${path} ${JSON.stringify(payload)} ${answer.body}`)
    }
  }
  const broken = await app.inject({
    method: 'POST',
    url: '/v1/uploads/upl_1/cancel',
    headers: { ...bearer('uploads'), ...json },
    payload: '{',
  })
  assert.equal(broken.statusCode, 400)
})

test('a call that needs a body says so when there is none', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  const answer = await app.inject({
    method: 'POST',
    url: '/v1/contact-lists',
    headers: { ...bearer('lists'), ...json, ...key },
    payload: '',
  })
  assert.equal(answer.json().code, 'body-invalid')
})
