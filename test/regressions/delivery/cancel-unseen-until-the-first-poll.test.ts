import assert from 'node:assert/strict'
import { it } from 'node:test'

import type { Upload } from '../../../src/domain/uploads/upload.ts'
import { makeChunk } from '../../support/memory/made-uploads.ts'
import { createMemoryDelivery } from '../../support/memory/memory-delivery.ts'
import { createMemoryGenesys } from '../../support/memory/memory-genesys.ts'
import { deliveryOver } from '../../support/stages/delivery-run.ts'
import { createManualClock } from '../../support/stages/test-clock.ts'

/** The first poll comes after an hour, so what happens before was not found by a poll. */
const POLL_MS = 3_600_000

/**
 * Before the first poll of a job, a run did not look into the store. A cancelled or paused upload
 * kept its lane until this poll, and so did all uploads behind it.
 */
for (const [what, changes] of [
  ['cancelled', { cancelRequested: true }],
  ['paused', { state: 'paused' }],
] satisfies [string, Partial<Upload>][]) {
  it(`a run ends within seconds if its upload is ${what} before the first poll of a job`, async () => {
    const store = createMemoryDelivery([makeChunk(0, ['a', 'b'])])
    const genesys = createMemoryGenesys({ jobs: true })
    const clock = createManualClock()
    let polls = 0
    genesys.onJob = (status) => {
      polls += 1
      return status
    }
    const never = new AbortController().signal
    const { run } = deliveryOver({ store, genesys, clock }, { completionPollMs: POLL_MS })
    let ended = false
    void run({ signal: never, rest: never, assertHeld: () => undefined }).finally(() => {
      ended = true
    })
    await clock.advance(60_000)
    assert.equal(genesys.sent.length, 1)
    assert.equal(ended, false)
    store.upload = { ...store.upload, ...changes, version: store.upload.version + 1 }
    await clock.advance(5_000)
    assert.equal(ended, true, 'the run still waits')
    assert.equal(polls, 0)
    assert.equal(store.upload.counts.delivered, 0)
  })
}
