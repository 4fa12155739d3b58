import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { MAX_RETRY_AFTER_MS, parseRetryAfter } from '../../../src/genesys/calls/retry-after.ts'
import { backoffMs } from '../../../src/lib/backoff.ts'

const NOW = Date.UTC(2026, 4, 1, 12, 0, 0)

test('seconds and the three date forms are understood', () => {
  assert.equal(parseRetryAfter('0', NOW), 0)
  assert.equal(parseRetryAfter(' 120 ', NOW), 120_000)
  assert.equal(parseRetryAfter('1.5', NOW), 1500)
  assert.equal(parseRetryAfter('Fri, 01 May 2026 12:01:00 GMT', NOW), 60_000)
  assert.equal(parseRetryAfter('Friday, 01-May-26 12:01:00 GMT', NOW), 60_000)
  assert.equal(parseRetryAfter('Fri May  1 12:01:00 2026', NOW), 60_000)
})

test('a date that has passed means now', () => {
  assert.equal(parseRetryAfter('Fri, 01 May 2026 11:00:00 GMT', NOW), 0)
})

test('what is not understood leaves the wait to the caller', () => {
  for (const value of [
    undefined,
    '',
    '-5',
    'NaN',
    'soon',
    '1e3',
    'Fri, 99 May 2026 12:00:00 GMT',
  ]) {
    assert.equal(parseRetryAfter(value, NOW), null, String(value))
  }
})

test('an hour is the most', () => {
  assert.equal(parseRetryAfter('999999999999', NOW), MAX_RETRY_AFTER_MS)
  assert.equal(parseRetryAfter('Fri, 01 May 2099 12:00:00 GMT', NOW), MAX_RETRY_AFTER_MS)
})

test('any text gives null or a wait between nothing and an hour', () => {
  const texts = fc.oneof(
    fc.string(),
    fc.integer().map(String),
    fc.double().map(String),
    fc.date({ noInvalidDate: true }).map((date) => date.toUTCString()),
  )
  fc.assert(
    fc.property(texts, (value) => {
      const ms = parseRetryAfter(value, NOW)
      assert.ok(ms === null || (ms >= 0 && ms <= MAX_RETRY_AFTER_MS), `${value}: ${ms}`)
    }),
    { numRuns: 5000 },
  )
})

test('no wait undercuts Retry-After or passes floor plus ceiling', () => {
  const policy = { baseMs: 1000, capMs: 60_000 }
  const share = fc.double({ min: 0, max: 0.999999, noNaN: true })
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), share, fc.nat(4000), (attempt, at, seconds) => {
      const floor = parseRetryAfter(String(seconds), NOW) ?? 0
      const wait = backoffMs(policy, attempt, () => at, floor)
      const ceiling = Math.min(60_000, 1000 * 2 ** Math.min(30, attempt - 1))
      assert.ok(wait >= floor && wait <= floor + ceiling + 1)
    }),
    { numRuns: 5000 },
  )
})
