import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createPacer } from '../../src/genesys/pace/pacing.ts'
import { createMemoryPace, createTeller, createVirtualClock } from '../genesys/harness.ts'

const JUMP_MS = 3_600_000

// The reservation read the time before the clock was set back by an hour, and wrote its slot after
// that. The process slept for that hour. It already held a slot for the only call that waited, so
// nothing asked for another slot, and the upload waited as `genesys_unavailable`.
test('a slot that was reserved while the clock was set back holds nobody for the length of the jump', async () => {
  const clock = createVirtualClock()
  const store = createMemoryPace(clock)
  const reserve = store.reserve
  store.reserve = async (asked) => {
    store.reserve = reserve
    return { ...(await reserve(asked)), kind: 'reserved', waitMs: JUMP_MS }
  }
  const { emit } = createTeller()
  const pacer = createPacer({ store, bucket: 'b', requestsPerMinute: 300, clock, emit })
  const { signal } = new AbortController()
  const asked = pacer.acquire({ tenantId: 't', class: 'poll', signal, patienceMs: 60_000 })
  await clock.advance(10_000)
  assert.equal(pacer.stats().waiting.poll, 0)
  await clock.advance(60_000)
  assert.equal(await asked, 'admitted')
  pacer.close()
})
