import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { setLaneStage, untilAborted } from '../support/stages/lane-stage.ts'

const TURN_MS = 30_000

describe('lanes that only wait for Genesys', () => {
  it('do not keep others from being worked, and are held up to a limit', async () => {
    const begun: string[] = []
    const jobs = Promise.withResolvers<void>()
    const t = setLaneStage(
      async (claim, _, lease) => {
        begun.push(claim.key)
        await lease.aside!(() => jobs.promise)
      },
      1,
      3,
    )
    for (const lane of ['a', 'b', 'c', 'd']) t.give(lane, `u-${lane}`)
    t.workers.start()
    await t.clock.advance(0)
    assert.deepEqual(begun, ['a', 'b', 'c'])
    jobs.resolve()
    await t.clock.advance(0)
    assert.deepEqual(begun, ['a', 'b', 'c', 'd'])
    assert.equal(t.released.length, 4)
    await t.workers.stop(0)
  })

  it('count as worked again when the wait is over, also when it failed', async () => {
    const begun: string[] = []
    const job = Promise.withResolvers<void>()
    const sending = Promise.withResolvers<void>()
    const t = setLaneStage(async (claim, _, lease) => {
      begun.push(claim.key)
      await lease.aside!(() => job.promise).catch(() => undefined)
      await sending.promise
    }, 1)
    t.give('a', 'u-a')
    t.workers.start()
    await t.clock.advance(0)
    job.reject(new Error('no answer'))
    await t.clock.advance(0)
    t.give('b', 'u-b')
    t.workers.wake()
    await t.clock.advance(0)
    assert.deepEqual(begun, ['a'])
    sending.resolve()
    await t.clock.advance(0)
    assert.deepEqual(begun, ['a', 'b'])
    await t.workers.stop(0)
  })
})

describe('a lane that has delivered something', () => {
  it('gives its place to one that waits, so that lanes send in turn', async () => {
    const begun: string[] = []
    const t = setLaneStage(async (_, upload) => {
      begun.push(upload.id)
      await t.clock.sleep(10)
    }, 1)
    t.give('busy', 'b1', 'b2', 'b3')
    t.give('other', 'o1', 'o2')
    t.workers.start()
    for (let sent = 0; sent < 5; sent += 1) await t.clock.advance(10)
    assert.deepEqual(begun, ['b1', 'o1', 'b2', 'o2', 'b3'])
    await t.workers.stop(0)
  })

  it('goes on where there is room for the others', async () => {
    const t = setLaneStage(async () => undefined, 2)
    t.give('busy', 'b1', 'b2', 'b3')
    t.workers.start()
    await t.clock.advance(0)
    assert.deepEqual(t.released, [{ lane: 'busy', readyInMs: 0 }])
    await t.workers.stop(0)
  })
})

describe('a lane that has had its turn', () => {
  it('comes to rest for one that waits, and goes to the end of the queue', async () => {
    const begun: string[] = []
    const t = setLaneStage(async (claim, _, lease) => {
      begun.push(claim.key)
      if (claim.key === 'small') return
      await untilAborted(lease.rest).catch(() => undefined)
    }, 1)
    t.give('large', 'u1')
    t.workers.start()
    await t.clock.advance(0)
    t.give('small', 'u2')
    await t.clock.advance(TURN_MS - 1_000)
    assert.deepEqual(begun, ['large'])
    await t.clock.advance(2_000)
    assert.deepEqual(begun, ['large', 'small', 'large'])
    await t.workers.stop(0)
  })

  it('goes on where nobody waits', async () => {
    const begun: string[] = []
    const t = setLaneStage(async (claim, _, lease) => {
      begun.push(claim.key)
      await untilAborted(lease.rest).catch(() => undefined)
    }, 1)
    t.give('large', 'u1')
    t.workers.start()
    await t.clock.advance(10 * TURN_MS)
    assert.deepEqual(begun, ['large'])
    assert.deepEqual(t.released, [])
    await t.workers.stop(0)
  })

  it('is one at a time: the next is asked when the first has come to rest', async () => {
    const asked: string[] = []
    const rested = Promise.withResolvers<void>()
    const t = setLaneStage(async (claim, _, lease) => {
      await untilAborted(lease.rest).catch(() => asked.push(claim.key))
      if (claim.key === 'a') await rested.promise
    }, 2)
    for (const lane of ['a', 'b', 'c']) t.give(lane, `u-${lane}`)
    t.workers.start()
    await t.clock.advance(TURN_MS + 2_000)
    assert.deepEqual(asked, ['a'])
    rested.resolve()
    await t.clock.advance(1_000)
    assert.deepEqual(asked, ['a', 'b'])
    await t.workers.stop(0)
  })
})
