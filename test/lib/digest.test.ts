import assert from 'node:assert/strict'
import { test } from 'node:test'

import { sameBytes } from '../../src/lib/digest.ts'
import { startFakeServer } from '../support/gateway/http-fakes.ts'

test('bytes are the same or not, whatever their lengths, and no place of a difference comes first', () => {
  const secret = Buffer.from('metrics-token-0123456789')
  assert.ok(sameBytes(secret, Buffer.from(secret)))
  for (let at = 0; at < secret.length; at += 1) {
    const other = Buffer.from(secret)
    other[at]! ^= 1
    assert.ok(!sameBytes(secret, other))
    assert.ok(!sameBytes(secret, secret.subarray(0, at)))
  }
  assert.ok(!sameBytes(secret, Buffer.concat([secret, Buffer.alloc(1)])))
  assert.ok(!sameBytes(secret, Buffer.alloc(0)))
})

test('a presented token of any length is right or 401, and never a fault', async (t) => {
  const { app } = await startFakeServer({
    limits: { maxUploadBytes: 1, keyFailuresPerMinute: 1e6 },
  })
  t.after(() => app.close())
  const token = 'metrics-token'
  for (let length = 1; length < 2 * token.length; length += 1) {
    const authorization = `Bearer ${token.repeat(2).slice(0, length)}`
    const answer = await app.inject({
      ...{ url: '/metrics', remoteAddress: '10.0.0.9' },
      headers: { authorization },
    })
    assert.equal(answer.statusCode, length === token.length ? 200 : 401, authorization)
  }
})
