import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createTimeWitness } from '../../../src/workflows/clock/time-witness.ts'
import { createClockWatch } from '../../../src/workflows/clock/watch-clock.ts'
import type { ClockLook } from '../../../src/workflows/ports/clock/database-clock.ts'
import { createManualClock } from '../../support/stages/test-clock.ts'

const HOUR_MS = 3_600_000

/**
 * A database whose clock is `offMs` ahead of the true one. `next` sets what it reports about itself
 * once.
 */
const setUp = (shared = false) => {
  const manual = createManualClock()
  let wallMs = 0
  const clock = { ...manual, now: () => new Date(manual.now().getTime() + wallMs) }
  const events: [string, unknown][] = []
  const state = {
    offMs: 0,
    doubted: false,
    next: {} as Partial<ClockLook>,
    asked: 0,
    answers: true,
    elapsed: [] as (number | null)[],
    followed: [] as number[],
    setWall: (ms: number) => {
      wallMs = ms
    },
  }
  const witness = createTimeWitness({ clock })
  const hear = (): void => witness.hear(manual.now().getTime())
  const watch = createClockWatch({
    database: {
      look: async (elapsedMs) => {
        state.elapsed.push(elapsedMs())
        const { next } = state
        state.next = {}
        if (next.doubted !== undefined) state.doubted = next.doubted
        const nowMs = manual.now().getTime() + state.offMs
        return { nowMs, jumpedMs: null, awayMs: null, ...next, doubted: state.doubted }
      },
      confirm: async () => {
        state.doubted = false
      },
    },
    shared,
    witness,
    followBack: async (ms) => void state.followed.push(ms),
    askTime: async () => {
      state.asked += 1
      if (!state.answers) throw new Error('Genesys is away')
      hear()
    },
    clock,
    emit: (name, fields) => void events.push([name, fields]),
  })
  return { manual, watch, state, events, hear }
}

describe('The watch over the clock', () => {
  it('looks every 2 s and says how long it is since before the last look', async () => {
    const { manual, watch, state, events } = setUp()
    watch.start()
    await manual.advance(4_000)
    await watch.stop()
    assert.deepEqual(state.elapsed.slice(0, 2), [null, 2_000])
    assert.deepEqual(events, [])
    assert.equal(watch.detail(), 'steady')
  })

  it('tells a jump, asks Genesys for the time, and is in doubt while Genesys says another', async () => {
    const { manual, watch, state, events } = setUp()
    watch.start()
    await manual.advance(2_000)
    state.offMs = -HOUR_MS
    state.next = { jumpedMs: -HOUR_MS, doubted: true }
    await manual.advance(2_000)
    assert.deepEqual(events, [
      ['clock.jumped', { of: 'database', byMs: -HOUR_MS }],
      ['clock.doubted', { awayMs: null }],
    ])
    assert.deepEqual(state.followed, [HOUR_MS])
    assert.equal(state.asked, 1)
    assert.equal(watch.detail(), 'in doubt: 3600 s behind Genesys')
    state.offMs = 0
    state.next = { jumpedMs: HOUR_MS, doubted: true }
    await manual.advance(2_000)
    await watch.stop()
    assert.deepEqual(events.slice(2), [
      ['clock.jumped', { of: 'database', byMs: HOUR_MS }],
      ['clock.confirmed', { offMs: 0 }],
    ])
    assert.deepEqual(state.followed, [HOUR_MS])
    assert.equal(watch.detail(), 'steady')
  })

  it('after a time away is sure as soon as Genesys answers, whom it asks every 30 s', async () => {
    const { manual, watch, state, events } = setUp()
    state.next = { awayMs: 8 * HOUR_MS, doubted: true }
    state.answers = false
    watch.start()
    await manual.advance(28_000)
    assert.equal(state.asked, 1)
    assert.equal(
      watch.detail(),
      'in doubt: the clock jumped or the gateway stopped, and Genesys has not confirmed the time yet',
    )
    state.answers = true
    await manual.advance(2_000)
    await watch.stop()
    assert.equal(state.asked, 2)
    assert.deepEqual(events, [
      ['clock.doubted', { awayMs: 8 * HOUR_MS }],
      ['clock.confirmed', { offMs: 0 }],
    ])
  })

  it('does not believe what Genesys said an hour ago', async () => {
    const { manual, watch, state, hear } = setUp()
    hear()
    await manual.advance(HOUR_MS + 1)
    state.answers = false
    state.next = { jumpedMs: HOUR_MS, doubted: true }
    await watch.look()
    assert.equal(state.doubted, true)
  })

  it("tells a jump of the process' own clock, but where the database has the same one", async () => {
    for (const shared of [false, true]) {
      const { watch, state, events } = setUp(shared)
      await watch.look()
      state.setWall(HOUR_MS)
      await watch.look()
      await watch.look()
      assert.deepEqual(events, shared ? [] : [['clock.jumped', { of: 'gateway', byMs: HOUR_MS }]])
    }
  })

  it('goes on when the database does not answer', async () => {
    const { manual, watch, state, events } = setUp()
    const look = state.elapsed.push.bind(state.elapsed)
    state.elapsed.push = (...args) => {
      if (state.elapsed.length === 1) {
        look(...args)
        throw new Error('away')
      }
      return look(...args)
    }
    watch.start()
    await manual.advance(2_000)
    await manual.advance(2_000)
    await watch.stop()
    assert.deepEqual(
      events.map(([name]) => name),
      ['job.failed'],
    )
    // Each time counts from before the last check that was answered.
    assert.deepEqual(state.elapsed.slice(0, 3), [null, 2_000, 4_000])
  })
})
