import assert from 'node:assert/strict'
import { test } from 'node:test'

import { bearer } from '../../support/gateway/fake-keys.ts'
import { startFakeServer } from '../../support/gateway/http-fakes.ts'

/**
 * Found by the fuzzer. A method that no route accepts was answered with 415 because of its
 * encoding, or with 400 because of its body, instead of 405.
 */
test('a method that the address does not take is 405, and an address that is none 404, whatever comes with it', async () => {
  const { app } = await startFakeServer()
  try {
    const bodies = [
      { headers: { 'content-encoding': 'br', 'content-type': 'text/csv' }, payload: 'a' },
      { headers: { 'content-type': 'application/json' }, payload: '{"a":' },
      { headers: { 'content-type': 'application/json' }, payload: '{"__proto__":0}' },
      { headers: { 'content-type': 'x' }, payload: 'x' },
    ]
    for (const { headers, payload } of bodies) {
      const call = { headers: { ...bearer('admin'), ...headers }, payload }
      for (const url of [
        '/v1/contact-lists/list-1/uploads',
        '/webhooks/genesys/uploads',
        '/v1/keys',
      ]) {
        const answer = await app.inject({ ...call, method: 'PATCH', url })
        assert.deepEqual([answer.statusCode, answer.json().code], [405, 'method-not-allowed'], url)
        assert.match(String(answer.headers.allow), /POST/u)
      }
      const { statusCode } = await app.inject({ ...call, method: 'POST', url: '/v1/nowhere' })
      assert.equal(statusCode, 404)
    }
  } finally {
    await app.close()
  }
})
