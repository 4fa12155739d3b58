import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createSlowEndpoints } from '../../src/sync/slow-endpoints.ts'

test('an endpoint is slow until an attempt at it is fast', () => {
  const slow = createSlowEndpoints()
  slow.note('ep_1', 2_001)
  assert.equal(slow.has('ep_1'), true)
  slow.note('ep_1', 2_000)
  assert.equal(slow.has('ep_1'), false)
})

/** The ids of deleted endpoints were never forgotten. */
test('only the slow endpoints of the latest attempts are remembered', () => {
  const slow = createSlowEndpoints()
  slow.note('ep_deleted', 5_000)
  slow.note('ep_kept', 5_000)
  for (let count = 0; count < 10_000; count += 1) {
    slow.note(`ep_${count}`, 5_000)
    slow.note('ep_kept', 5_000)
  }
  assert.deepEqual(['ep_deleted', 'ep_kept', 'ep_9999'].map(slow.has), [false, true, true])
})
