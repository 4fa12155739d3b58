import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { keepLease } from '../../../src/lanes/lease.ts'
import { makeChunk } from '../../support/memory/made-uploads.ts'
import { createMemoryDelivery } from '../../support/memory/memory-delivery.ts'
import { createMemoryGenesys } from '../../support/memory/memory-genesys.ts'
import { deliveryOver } from '../../support/stages/delivery-run.ts'
import { createManualClock } from '../../support/stages/test-clock.ts'

/** At first, polls come every minute. So what happens within a minute was not found by a poll. */
const POLL_MS = 60_000

const setUp = (options: { jobEnded: boolean }) => {
  const store = createMemoryDelivery([makeChunk(0, ['a', 'b'])])
  const genesys = createMemoryGenesys({ jobs: true })
  const clock = createManualClock()
  const job = { ended: options.jobEnded, looks: 0 }
  genesys.onJob = (status) => {
    job.looks += 1
    return job.ended ? status : { ...status, state: 'processing' }
  }
  const { claim, run } = deliveryOver({ store, genesys, clock }, { completionPollMs: POLL_MS })
  const lane = { nudges: 0 }
  const lease = keepLease({ lanes: { renew: async () => ({ ...lane }) }, clock }, claim, 0)
  return { store, genesys, clock, job, lease, lane, run: () => run(lease) }
}

describe('a lane that waits for a job', { timeout: 20_000 }, () => {
  it('looks at once when it is nudged', async () => {
    const t = setUp({ jobEnded: true })
    const done = t.run()
    await t.clock.advance(0)
    assert.equal(t.job.looks, 0)
    t.lease.nudge(1)
    await done
    assert.equal(t.store.upload.state, 'completed')
    assert.equal(t.clock.monotonicMs(), 0)
    await t.lease.end()
  })

  it('makes its first look without a wait when the nudge came before the answer that names the job', async () => {
    const t = setUp({ jobEnded: true })
    t.genesys.onSend = () => t.lease.nudge(1)
    await t.run()
    assert.equal(t.store.upload.state, 'completed')
    assert.equal(t.clock.monotonicMs(), 0)
    await t.lease.end()
  })

  it('hears of nudges given elsewhere when it renews its lease', async () => {
    const t = setUp({ jobEnded: true })
    const done = t.run()
    t.lane.nudges = 1
    await t.clock.advance(3_000)
    await done
    assert.equal(t.clock.monotonicMs(), 3_000)
    await t.lease.end()
  })

  it('makes one look for a nudge, however often it hears of it, and polls on when the job still runs', async () => {
    const t = setUp({ jobEnded: false })
    const done = t.run()
    await t.clock.advance(0)
    t.lane.nudges = 1
    t.lease.nudge(1)
    t.lease.nudge(1)
    await t.clock.advance(9_000)
    assert.equal(t.job.looks, 1)
    t.job.ended = true
    await t.clock.advance(90_000)
    await done
    assert.equal(t.job.looks, 2)
    assert.equal(t.store.upload.state, 'completed')
    await t.lease.end()
  })

  it('comes to rest in spite of nudges', async () => {
    const t = setUp({ jobEnded: false })
    const done = t.run()
    await t.clock.advance(0)
    t.lease.askToRest()
    t.lease.nudge(1)
    await done
    assert.equal(t.job.looks, 0)
    assert.equal(t.store.upload.state, 'awaiting_completion')
    await t.lease.end()
  })
})
