import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { GenesysFailure } from '../../../src/domain/genesys/genesys-failure.ts'
import type { UploadCounts } from '../../../src/domain/uploads/upload.ts'
import type { GatewayEvents } from '../../../src/telemetry/events.ts'
import { makeChunk } from '../../support/memory/made-uploads.ts'
import { createMemoryDelivery } from '../../support/memory/memory-delivery.ts'
import { createMemoryGenesys, refuseIds } from '../../support/memory/memory-genesys.ts'
import { deliveryOver } from '../../support/stages/delivery-run.ts'
import { createLeapingClock } from '../../support/stages/test-clock.ts'

/** Six batches of two contacts each. The lane's holder works on them run by run. */
const setUp = (jobs: boolean) => {
  const chunks = Array.from({ length: 6 }, (_, seq) => makeChunk(seq, [`a${seq}`, `b${seq}`]))
  const store = createMemoryDelivery(chunks)
  const genesys = createMemoryGenesys({ jobs })
  const clock = createLeapingClock()
  const finished: number[] = []
  const { run } = deliveryOver(
    { store, genesys, clock },
    {
      emit: (name, fields) => {
        if (name === 'upload.finished')
          finished.push((fields as GatewayEvents['upload.finished']).unsettled)
      },
      retryWindowMs: 3_600_000,
    },
  )
  const never = new AbortController().signal
  const lease = { signal: never, rest: never, assertHeld: () => undefined as void }
  return {
    store,
    genesys,
    finished,
    run: () => run(lease),
    cancel: () => {
      const { version } = store.upload
      store.upload = { ...store.upload, cancelRequested: true, version: version + 1 }
    },
  }
}

const told = ({ delivered, failed, unprocessed }: UploadCounts) => ({
  delivered,
  failed,
  unprocessed,
})

for (const jobs of [true, false]) {
  describe(`cancelling while batches are in flight (${jobs ? 'guide' : 'platform'})`, () => {
    it('sends nothing more, learns what Genesys took, and ends as cancelled', async () => {
      const t = setUp(jobs)
      t.genesys.onSend = (_, attempt) => {
        if (attempt === 3) t.cancel()
      }
      await t.run()
      await t.run()
      assert.equal(t.genesys.sent.length, 3)
      assert.equal(t.store.upload.state, 'cancelled')
      assert.deepEqual(told(t.store.upload.counts), { delivered: 6, failed: 0, unprocessed: 6 })
      assert.equal(t.genesys.contacts.size, 6)
      assert.deepEqual(t.finished, [6])
    })

    it('counts rows whose outcome a crash hid as failed, for they may be in Genesys', async () => {
      const t = setUp(jobs)
      const crash = new Error('crash')
      t.genesys.onSend = (_, attempt) => {
        if (attempt === 2) throw crash
      }
      await assert.rejects(t.run(), crash)
      t.cancel()
      await t.run()
      assert.equal(t.genesys.sent.length, 2)
      assert.equal(t.store.upload.state, 'cancelled')
      assert.deepEqual(told(t.store.upload.counts), { delivered: 2, failed: 2, unprocessed: 8 })
      assert.deepEqual([...new Set(t.store.results.map(({ code }) => code))], ['outcome-unknown'])
    })

    it('does not send the parts of a batch that Genesys refused', async () => {
      const t = setUp(jobs)
      t.genesys.onSend = (batch) => {
        t.cancel()
        refuseIds(['a0'], false)(batch)
      }
      await t.run()
      await t.run()
      assert.equal(t.genesys.sent.length, 1)
      assert.deepEqual(told(t.store.upload.counts), { delivered: 0, failed: 0, unprocessed: 12 })
      assert.equal(t.store.upload.state, 'cancelled')
    })
  })
}

describe('draining the jobs of a cancelled upload', () => {
  const inFlight = async () => {
    const t = setUp(true)
    t.genesys.onSend = (_, attempt) => {
      if (attempt === 2) t.cancel()
    }
    await t.run()
    return t
  }

  it('settles a job that failed as a whole without sending it again', async () => {
    const t = await inFlight()
    t.genesys.onJob = (job, id) => (id === 'job-2' ? { ...job, state: 'failed' } : job)
    await t.run()
    assert.equal(t.genesys.sent.length, 2)
    assert.deepEqual(told(t.store.upload.counts), { delivered: 2, failed: 2, unprocessed: 8 })
  })

  it('waits out an outage in a hold that ends by itself, and then ends as cancelled', async () => {
    const t = await inFlight()
    t.genesys.onJob = () => {
      throw new GenesysFailure('unavailable', 'readJob', { status: 503 })
    }
    await t.run()
    assert.equal(t.store.upload.hold?.reason, 'genesys_unavailable')
    assert.equal(t.store.retryInMs, 60_000)
    t.store.upload = { ...t.store.upload, state: 'awaiting_completion', hold: null }
    t.genesys.onJob = (job) => job
    await t.run()
    assert.equal(t.store.upload.state, 'cancelled')
    assert.deepEqual(told(t.store.upload.counts), { delivered: 4, failed: 0, unprocessed: 8 })
  })

  it('ends with unknown outcomes when Genesys refuses for good to tell them', async () => {
    const t = await inFlight()
    t.genesys.onJob = () => {
      throw new GenesysFailure('forbidden', 'readJob', { status: 403 })
    }
    await t.run()
    assert.equal(t.store.upload.state, 'cancelled')
    assert.deepEqual(told(t.store.upload.counts), { delivered: 0, failed: 4, unprocessed: 8 })
  })
})
