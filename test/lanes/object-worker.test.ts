import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createObjectWorker, type ObjectLane } from '../../src/lanes/object-worker.ts'
import { FenceLost } from '../../src/workflows/ports/delivery/delivery.ts'
import { createManualClock } from '../support/stages/test-clock.ts'

type Claim = { owner: string; fence: string; leaseMs: number; id: string }
type Work = Awaited<ReturnType<ObjectLane<Claim>['claim']>> & object

const IDLE_POLL_MS = 1_000

const setUp = (
  work: (id: string, lease: Parameters<Work['work']>[0]) => Promise<number | null>,
) => {
  const clock = createManualClock()
  const ready: string[] = []
  const released: [string, number | null][] = []
  const told: string[] = []
  let claims = 0
  const worker = createObjectWorker<Claim>({
    lane: {
      claim: async (owner) => {
        claims += 1
        const id = ready.shift()
        if (id === undefined) return null
        const claim = { owner, fence: '1', leaseMs: 10_000, id }
        return { claim, key: `dnc:${id}`, work: (lease) => work(id, lease) }
      },
      renew: async ({ id }) => id !== 'ended',
      release: async ({ id }, readyInMs) => void released.push([id, readyInMs]),
    },
    clock,
    emit: (name) => void told.push(name),
    owner: 'me',
    idlePollMs: IDLE_POLL_MS,
    atOnce: 2,
  })
  return { clock, ready, released, told, worker, claims: () => claims }
}

describe('A worker of objects', () => {
  it('works as many at once as it has room for, and the next when one of them ends', async () => {
    const under = new Map<string, () => void>()
    const t = setUp(async (id) => {
      await new Promise<void>((resolve) => under.set(id, resolve))
      return null
    })
    t.ready.push('a', 'b', 'c')
    t.worker.start()
    await t.clock.advance(0)
    assert.deepEqual([...under.keys()], ['a', 'b'])
    // A worker without room does not ask for claims.
    assert.equal(t.claims(), 2)
    under.get('b')!()
    await t.clock.advance(0)
    assert.deepEqual([...under.keys()], ['a', 'b', 'c'])
    assert.deepEqual(t.released, [['b', null]])
    under.get('a')!()
    under.get('c')!()
    await t.worker.stop(0)
    assert.equal(t.released.length, 3)
  })

  it('asks once a poll while there is nothing to do, however much it has room for', async () => {
    const t = setUp(async () => null)
    t.worker.start()
    await t.clock.advance(0)
    await t.clock.advance(3 * IDLE_POLL_MS)
    assert.equal(t.claims(), 4)
    t.ready.push('a')
    t.worker.wake()
    await t.clock.advance(0)
    assert.deepEqual(t.released, [['a', null]])
    await t.worker.stop(0)
  })

  it('looks again when an object is due, without waiting for the next poll', async () => {
    const t = setUp(async () => 200)
    t.ready.push('a')
    t.worker.start()
    await t.clock.advance(0)
    t.ready.push('a')
    await t.clock.advance(199)
    assert.equal(t.released.length, 1)
    await t.clock.advance(1)
    assert.equal(t.released.length, 2)
    await t.worker.stop(0)
  })

  it('keeps the others when one fails, which waits longer each time, or is lost', async () => {
    const t = setUp(async (id) => {
      if (id === 'lost') throw new FenceLost('another has it')
      if (id === 'bad') throw new Error('a bug')
      return 0
    })
    t.ready.push('bad', 'lost', 'good')
    t.worker.start()
    await t.clock.advance(0)
    assert.deepEqual(Object.fromEntries(t.released), { bad: 2_000, good: 0 })
    t.ready.push('bad')
    t.worker.wake()
    await t.clock.advance(0)
    assert.deepEqual(t.released.at(-1), ['bad', 3_000])
    assert.deepEqual(t.told.filter((name) => name !== 'lane.claimed').toSorted(), [
      'lane.failed',
      'lane.failed',
      'lane.lost',
    ])
    await t.worker.stop(0)
  })

  it('takes a failure of work whose claim has ended, as of a cancelled file, for a lost lane', async () => {
    const t = setUp(async () => {
      throw new Error('the bytes are gone')
    })
    t.ready.push('ended')
    t.worker.start()
    await t.clock.advance(0)
    assert.deepEqual(t.told, ['lane.claimed', 'lane.lost'])
    assert.deepEqual(t.released, [])
    await t.worker.stop(0)
  })

  it('ends what is under way when the grace is over, and gives it up at once', async () => {
    const t = setUp(
      (_, { signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error))
        }),
    )
    t.ready.push('a', 'b', 'c')
    t.worker.start()
    await t.clock.advance(0)
    const stopped = t.worker.stop(500)
    await t.clock.advance(499)
    assert.equal(t.released.length, 0)
    await t.clock.advance(1)
    await stopped
    assert.deepEqual(t.released, [
      ['a', 0],
      ['b', 0],
    ])
    assert.deepEqual(t.ready, ['c'])
  })
})
