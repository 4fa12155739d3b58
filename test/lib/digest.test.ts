import assert from 'node:assert/strict'
import { test } from 'node:test'

import { sameBytes } from '../../src/lib/digest.ts'
import { startFakeServer } from '../support/gateway/http-fakes.ts'

test('two texts are equal only if all their bytes and their lengths are equal', () => {
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

/** The fastest of many runs, in milliseconds. Other work of the machine cannot make it shorter. */
const fastestMs = (work: () => unknown): number =>
  Math.min(
    ...Array.from({ length: 25 }, () => {
      const startedAt = performance.now()
      work()
      return performance.now() - startedAt
    }),
  )

test('a comparison takes equally long wherever the difference is', (t) => {
  const secret = Buffer.alloc(1024 * 1024, 7)
  const differsAt = (place: number): Buffer => {
    const other = Buffer.from(secret)
    other[place]! ^= 1
    return other
  }
  const [early, late] = [differsAt(0), differsAt(secret.length - 1)]
  const earlyMs = fastestMs(() => sameBytes(secret, early))
  const lateMs = fastestMs(() => sameBytes(secret, late))
  const ratio = lateMs / earlyMs
  t.diagnostic(`a late difference takes ${ratio.toFixed(2)} times as long as an early one`)
  // If the comparison ended at the first difference, the ratio would be a thousand.
  assert.ok(ratio < 10, `${ratio}`)
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
