import assert from 'node:assert/strict'
import { test } from 'node:test'

import { batchOf, contextOf, json, startClient } from '../harness.ts'

test('calls one after the other keep using the same connections, the login too', async (t) => {
  const { upstream, lists } = await startClient(t, 'guide')
  upstream.replies = [json(200, { jobId: 'job-1' })]
  for (let n = 0; n < 20; n += 1) await lists.sendBatch(batchOf(), contextOf())
  assert.equal(upstream.seen.length, 20)
  // If a call follows immediately, the previous connection may still be closing.
  assert.ok(upstream.sockets <= 2, String(upstream.sockets))
})

test('calls side by side keep their connections over the rounds', async (t) => {
  const { upstream, lists } = await startClient(t, 'guide')
  upstream.replies = [json(200, { jobId: 'job-1' })]
  await lists.sendBatch(batchOf(), contextOf())
  for (let round = 0; round < 20; round += 1) {
    await Promise.all(Array.from({ length: 3 }, () => lists.sendBatch(batchOf(), contextOf())))
  }
  assert.equal(upstream.seen.length, 61)
  assert.ok(upstream.sockets <= 6, String(upstream.sockets))
})
