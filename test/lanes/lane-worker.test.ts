import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createSweeper } from '../../src/lanes/sweeper.ts'
import type { LaneClaim } from '../../src/workflows/ports/delivery/delivery.ts'
import { FenceLost } from '../../src/workflows/ports/delivery/delivery.ts'
import { setLaneStage as setUp, untilAborted } from '../support/stages/lane-stage.ts'
import { createManualClock } from '../support/stages/test-clock.ts'

describe('lane workers', () => {
  it('work the uploads of a lane in order and give it up when it is empty', async () => {
    const done: string[] = []
    const t = setUp(async (_, upload) => void done.push(upload.id))
    t.give('a', 'u1', 'u2', 'u3')
    t.workers.start()
    await t.clock.advance(0)
    assert.deepEqual(done, ['u1', 'u2', 'u3'])
    assert.deepEqual(t.released, [{ lane: 'a', readyInMs: 0 }])
    await t.workers.stop(0)
  })

  it('look at once when woken, and by themselves after the idle poll', async () => {
    const done: string[] = []
    const t = setUp(async (_, upload) => void done.push(upload.id))
    t.workers.start()
    await t.clock.advance(0)
    t.give('a', 'u1')
    await t.clock.advance(0)
    assert.deepEqual(done, [])
    t.workers.wake()
    await t.clock.advance(0)
    assert.deepEqual(done, ['u1'])
    t.give('a', 'u2')
    await t.clock.advance(300)
    assert.deepEqual(done, ['u1', 'u2'])
    await t.workers.stop(0)
  })

  it('end a wait at once by the word of another instance, of a lane that they hold, and pass over others', async () => {
    const waited: string[] = []
    const t = setUp(async ({ key }, _, { nudges }) => {
      const nudged = nudges!.next()
      await new Promise((resolve) => nudged.addEventListener('abort', resolve))
      waited.push(key)
    })
    t.give('a', 'u1')
    t.workers.start()
    await t.clock.advance(0)
    t.give('b', 'u2')
    t.workers.nudgeHeld('b', 1)
    await t.clock.advance(0)
    assert.deepEqual([waited, t.events], [[], ['lane.claimed']])
    t.workers.nudgeHeld('a', 1)
    await t.clock.advance(0)
    assert.deepEqual(waited, ['a'])
    t.workers.nudgeHeld('b', 1)
    await t.clock.advance(0)
    await t.workers.stop(0)
  })

  it('hold no more lanes at once than they may', async () => {
    let at = 0
    let most = 0
    const open: (() => void)[] = []
    const t = setUp(async () => {
      at += 1
      most = Math.max(most, at)
      await new Promise<void>((resolve) => open.push(resolve))
      at -= 1
    }, 2)
    for (const lane of ['a', 'b', 'c']) t.give(lane, `u-${lane}`)
    t.workers.start()
    await t.clock.advance(0)
    assert.equal(at, 2)
    open.shift()!()
    await t.clock.advance(0)
    assert.equal(at, 2)
    assert.equal(most, 2)
    for (const go of open) go()
    await t.workers.stop(0)
  })

  it('renew the lease every 3 s as long as the work goes on', async () => {
    let go: () => void = () => undefined
    let aborted = false
    const t = setUp(async (_, __, lease) => {
      await new Promise<void>((resolve) => {
        go = resolve
      })
      lease.assertHeld()
      aborted = lease.signal.aborted
    })
    t.give('a', 'u1')
    t.workers.start()
    await t.clock.advance(31_000)
    assert.equal(t.renewals.count, 10)
    go()
    await t.clock.advance(0)
    assert.equal(aborted, false)
    assert.equal(t.work.get('a')!.length, 0)
    await t.workers.stop(0)
  })

  it('abort the work 1 s before a lease that cannot be renewed runs out, and write nothing', async () => {
    let abortedAtMs = 0
    const t = setUp(async (_, __, lease) => {
      lease.signal.addEventListener('abort', () => {
        abortedAtMs = t.clock.monotonicMs()
      })
      await untilAborted(lease.signal)
    })
    t.renewals.answer = () => Promise.reject(new Error('no database'))
    t.give('a', 'u1')
    t.workers.start()
    await t.clock.advance(12_000)
    assert.equal(abortedAtMs, 9_000)
    assert.ok(t.events.includes('lane.lost'))
    assert.deepEqual(t.released, [])
    await t.workers.stop(0)
  })

  it('report a lane that its former holder did not release', async () => {
    const t = setUp(async () => undefined, 4, 8, { silentMs: 12_000 })
    t.give('a', 'u1')
    t.workers.start()
    await t.clock.advance(0)
    assert.deepEqual(t.events, ['lane.claimed', 'lane.recovered', 'lane.released'])
    await t.workers.stop(0)
  })

  it('keep a lane through a renewal that is never answered, for the next one is', async () => {
    const t = setUp((_, __, lease) => untilAborted(lease.rest).catch(() => undefined))
    const hung = () => new Promise<never>(() => undefined)
    t.renewals.answer = () => (t.renewals.count === 1 ? hung() : Promise.resolve({ nudges: 0 }))
    t.give('a', 'u1')
    t.workers.start()
    await t.clock.advance(20_000)
    assert.ok(t.renewals.count > 3)
    assert.equal(t.events.includes('lane.lost'), false)
    await t.workers.stop(0)
  })

  it('lose the lane at once when its fence has moved on', async () => {
    let reason: unknown = null
    const t = setUp(async (_, __, lease) => {
      await untilAborted(lease.signal).catch((error: unknown) => {
        reason = error
        throw error
      })
    })
    t.renewals.answer = async () => null
    t.give('a', 'u1')
    t.workers.start()
    await t.clock.advance(3_000)
    assert.ok(reason instanceof FenceLost)
    assert.deepEqual(t.released, [])
    await t.workers.stop(0)
  })

  it('give a lane up for a while when its work fails, longer each time', async () => {
    const t = setUp(async () => {
      throw new TypeError('a bug with +14155550100 in its words')
    })
    t.give('a', 'u1')
    t.workers.start()
    await t.clock.advance(0)
    await t.clock.advance(1_300)
    assert.ok(t.released.length >= 2)
    assert.ok(t.released.every(({ readyInMs }) => readyInMs >= 1_000))
    assert.ok(t.events.includes('lane.failed'))
    await t.workers.stop(0)
  })

  it('stop: ask the work to rest, abort what goes on past the grace, release every lane', async () => {
    const seen: string[] = []
    const claims: LaneClaim[] = []
    const t = setUp(async (claim, upload, lease) => {
      claims.push(claim)
      if (upload.id === 'gentle') {
        await untilAborted(lease.rest).catch(() => seen.push('rested'))
        return
      }
      await untilAborted(lease.signal).catch((error: unknown) => {
        seen.push('aborted')
        throw error
      })
    })
    t.give('a', 'gentle')
    t.give('b', 'stubborn')
    t.workers.start()
    await t.clock.advance(0)
    const stopped = t.workers.stop(5_000)
    await t.clock.advance(4_000)
    assert.deepEqual(seen, ['rested'])
    await t.clock.advance(1_000)
    await stopped
    assert.deepEqual(seen, ['rested', 'aborted'])
    assert.deepEqual(t.released.map(({ lane }) => lane).toSorted(), ['a', 'b'])
    assert.equal(claims.length, 2)
  })
})

describe('the sweeper', () => {
  it('wakes what was held, discards what was abandoned and sends again what lost its job, every 5 s', async () => {
    const clock = createManualClock()
    const sent: string[] = []
    const swept: unknown[] = []
    let wakes = 0
    let fails = true
    const sweeper = createSweeper({
      lanes: {
        wakeHeld: async () => {
          if (fails) throw new Error('no database')
          return 2
        },
        repair: async () => 1,
      },
      uploads: { sweepReceiving: async (olderThanMs) => (olderThanMs === 60_000 ? 1 : 0) },
      dncLane: { wakeRenewals: async () => 0 },
      submissions: { sweepReceiving: async () => 0 },
      guestFiles: { sweepReceiving: async () => 0 },
      sync: { overdue: async () => ['dlv_1'] },
      reconciliations: { overdue: async () => ['upl_1'] },
      receipts: { sweep: async ({ keepMs }) => (keepMs === 7 * 86_400_000 ? ['rcp_1'] : []) },
      jobs: {
        resend: async (queue, ids) => {
          for (const id of ids) sent.push(`${queue} ${id}`)
          return ids.length
        },
      },
      lookAtClock: async () => undefined,
      clock,
      emit: (name, fields) => void swept.push([name, fields]),
      wake: () => {
        wakes += 1
      },
    })
    sweeper.start()
    await clock.advance(5_000)
    assert.equal((swept[0] as string[])[0], 'job.failed')
    fails = false
    await clock.advance(5_000)
    assert.deepEqual(swept[1], [
      'sweep.finished',
      { receivingDiscarded: 1, heldWoken: 2, lanesRepaired: 1, syncResent: 1 },
    ])
    assert.deepEqual(sent, ['sync-delivery dlv_1', 'webhook-verify rcp_1', 'reconcile upl_1'])
    assert.equal(wakes, 1)
    await sweeper.stop()
  })
})
