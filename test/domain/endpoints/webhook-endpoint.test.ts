import assert from 'node:assert/strict'
import { test } from 'node:test'

import { verdictOnFailure } from '../../../src/domain/endpoints/webhook-endpoint.ts'

const HOUR_MS = 60 * 60 * 1000

test('an endpoint is warned of after a day and disabled after five, when a whole schedule failed', () => {
  const at = (hours: number, consecutiveFailures: number, more: object = {}) =>
    verdictOnFailure({
      source: 'registered',
      gone: false,
      warned: false,
      consecutiveFailures,
      failingMs: hours * HOUR_MS,
      ...more,
    })
  assert.equal(at(0, 1), null)
  assert.equal(at(23.9, 7), null)
  assert.equal(at(24, 8), 'warn')
  assert.equal(at(119, 40), 'warn')
  assert.equal(at(120, 9, { warned: true }), null)
  assert.equal(at(120, 10, { warned: true }), 'failing')
  assert.equal(at(120, 10), 'failing')
  assert.equal(at(1000, 100, { source: 'environment' }), 'warn')
  assert.equal(at(1000, 100, { source: 'environment', warned: true }), null)
  for (const source of ['registered', 'environment'])
    assert.equal(at(0, 1, { source, gone: true }), 'gone')
})
