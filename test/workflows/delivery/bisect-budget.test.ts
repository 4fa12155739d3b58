import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createBisectBudgets } from '../../../src/workflows/delivery/bisect-budget.ts'
import { makeChunk } from '../../support/memory/made-uploads.ts'
import { createMemoryDelivery } from '../../support/memory/memory-delivery.ts'
import { createMemoryGenesys, refuseIds } from '../../support/memory/memory-genesys.ts'
import { deliveryOver, names } from '../../support/stages/delivery-run.ts'
import { createLeapingClock } from '../../support/stages/test-clock.ts'

const MINUTE = 60_000
const never = new AbortController().signal
const LEASE = { signal: never, rest: never, assertHeld: () => undefined as void }

describe('the budget of finding out what Genesys refuses', () => {
  const setUp = () => {
    const clock = createLeapingClock()
    const budgetOf = createBisectBudgets(clock)
    /**
     * Delivers an upload in the lane. Finding its one bad row of 32 takes a fifth of the lane's
     * budget.
     */
    const deliver = async (id: string, bad: readonly string[] = ['c9'], jobs = false) => {
      const store = createMemoryDelivery([makeChunk(0, names(32))], { id })
      const genesys = createMemoryGenesys({ jobs })
      if (jobs) genesys.onJob = (job) => ({ ...job, state: 'failed' })
      else genesys.onSend = refuseIds(bad, false)
      const { run } = deliveryOver({ store, genesys, clock }, { budgetOf })
      await run(LEASE)
      return { store, genesys, again: () => run(LEASE) }
    }
    return { clock, budgetOf, deliver }
  }

  it('is one of the lane: what one upload spent the next has not', async () => {
    const { deliver } = setUp()
    const states: string[] = []
    for (let n = 0; n < 7; n += 1) states.push((await deliver(`upl_${n}`)).store.upload.state)
    const first = states.indexOf('held')
    assert.equal(first, 5)
    assert.deepEqual([...new Set(states.slice(first))], ['held'])
  })

  it('comes back ten minutes after it was spent', async () => {
    const { clock, deliver } = setUp()
    for (let n = 0; n < 5; n += 1) await deliver(`upl_${n}`)
    assert.equal((await deliver('upl_5')).store.upload.hold?.reason, 'refusals')
    await clock.sleep(9 * MINUTE)
    assert.equal((await deliver('upl_6')).store.upload.state, 'held')
    await clock.sleep(10 * MINUTE)
    assert.equal((await deliver('upl_7')).store.upload.state, 'completed_with_errors')
  })

  it('is whole again when somebody resumes what was held for it', async () => {
    const { deliver } = setUp()
    for (let n = 0; n < 5; n += 1) await deliver(`upl_${n}`)
    const { store, again } = await deliver('upl_5')
    assert.equal(store.upload.state, 'held')
    store.upload = { ...store.upload, state: 'delivering', hold: null }
    await again()
    assert.equal(store.upload.state, 'completed_with_errors')
    assert.equal(store.upload.counts.delivered, 31)
  })

  it('keeps nobody from what needs none of it', async () => {
    const { budgetOf, deliver } = setUp()
    budgetOf('contact_list:list-1').spend(51)
    const { store } = await deliver('upl_1', [])
    assert.equal(store.upload.state, 'completed')
  })

  it('is of one lane alone', () => {
    const { budgetOf } = setUp()
    budgetOf('contact-list:one').spend(51)
    assert.equal(budgetOf('contact-list:one').isSpent(), true)
    assert.equal(budgetOf('contact-list:other').isSpent(), false)
  })

  it('is spent by jobs that fail as a whole, and then no row is blamed', async () => {
    const { budgetOf, deliver } = setUp()
    const budget = budgetOf('contact_list:list-1')
    budget.spend(49)
    const { store } = await deliver('upl_1', [], true)
    assert.deepEqual([store.upload.state, store.upload.counts.failed], ['failed', 32])
    const held = await deliver('upl_2', [], true)
    const { hold, problem, counts } = held.store.upload
    assert.deepEqual(
      [hold?.reason, problem?.code, counts.failed, held.genesys.sent.length],
      ['refusals', 'genesys-job-failed', 0, 1],
    )
  })
})
