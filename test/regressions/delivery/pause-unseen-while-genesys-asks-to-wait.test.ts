import assert from 'node:assert/strict'
import { it } from 'node:test'

import { GenesysFailure } from '../../../src/domain/genesys/genesys-failure.ts'
import { makeChunk } from '../../support/memory/made-uploads.ts'
import { createMemoryDelivery } from '../../support/memory/memory-delivery.ts'
import { createMemoryGenesys } from '../../support/memory/memory-genesys.ts'
import { deliveryOver } from '../../support/stages/delivery-run.ts'
import { createManualClock } from '../../support/stages/test-clock.ts'

const HOUR_MS = 3_600_000

/** Genesys answers the first request with 429 and asks the gateway to wait for an hour. */
const startThrottled = () => {
  const store = createMemoryDelivery([makeChunk(0, ['a', 'b'])])
  const genesys = createMemoryGenesys()
  const clock = createManualClock()
  genesys.onSend = (_, attempt) => {
    if (attempt > 1) return
    throw new GenesysFailure('throttled', 'sendBatch', { status: 429, retryAfterMs: HOUR_MS })
  }
  const never = new AbortController().signal
  const { run } = deliveryOver({ store, genesys, clock })
  const lane = { ended: false }
  void run({ signal: never, rest: never, assertHeld: () => undefined }).finally(() => {
    lane.ended = true
  })
  return { store, genesys, clock, lane }
}

/**
 * If Genesys asked to wait for an hour, a run did not look into the store for an hour. A paused
 * upload kept its lane, and so did all uploads behind it.
 */
it('a run ends within seconds if its upload is paused while Genesys asks to wait for an hour', async () => {
  const { store, genesys, clock, lane } = startThrottled()
  await clock.advance(600_000)
  assert.equal(lane.ended, false)
  store.upload = { ...store.upload, state: 'paused', version: store.upload.version + 1 }
  await clock.advance(5_000)
  assert.equal(lane.ended, true, 'the run still waits')
  assert.equal(genesys.sent.length, 1)
})

/** The store believes a reason for three minutes only, so it vanished during a long wait. */
it('a run reports what it waits for every minute, and sends nothing before the time that Genesys named', async () => {
  const { store, genesys, clock, lane } = startThrottled()
  for (let minute = 1; minute < 60; minute += 1) {
    await clock.advance(60_000)
    assert.ok(store.waits.length >= minute, `${store.waits.length} reports in ${minute} minutes`)
  }
  assert.deepEqual(new Set(store.waits), new Set(['genesys_unavailable']))
  assert.equal(genesys.sent.length, 1)
  await clock.advance(120_000)
  assert.equal(lane.ended, true)
  assert.equal(store.upload.state, 'completed')
  assert.equal(store.waits.at(-1), null)
})
