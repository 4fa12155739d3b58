import assert from 'node:assert/strict'
import { test } from 'node:test'

import fc from 'fast-check'

import { cutShare, grownShare, PACE_SHARE_RULE } from '../../src/domain/genesys/pace-share.ts'
import { createMemoryPace, createVirtualClock } from '../genesys/harness.ts'

const { floor, full, step, stepMs } = PACE_SHARE_RULE
const share = fc.double({ min: floor, max: full, noNaN: true })

test('whatever is refused and however long it is quiet, the share stays between the floor and the whole', () => {
  const quietOrCut = fc.oneof(
    fc.integer({ min: -60_000, max: 600_000 }),
    fc.constant('cut' as const),
  )
  fc.assert(
    fc.property(share, fc.array(quietOrCut, { maxLength: 60 }), (start, happened) => {
      let now = start
      for (const what of happened) {
        const before = now
        now = what === 'cut' ? cutShare(now) : grownShare(now, what)
        assert.ok(now >= floor && now <= full, String(now))
        assert.ok(what === 'cut' ? now < before || now === floor : now >= before)
      }
    }),
  )
})

test('the share is whole again after its time without a refusal, from wherever it was', () => {
  const longest = ((full - floor) / step) * stepMs
  fc.assert(fc.property(share, (start) => assert.equal(grownShare(start, longest + 1), full)))
})

test('slots of several instances never come closer than the pace allows, with refusals at any time', async () => {
  const act = fc.oneof(
    fc.record({ kind: fc.constant('reserve' as const), instance: fc.integer({ min: 0, max: 2 }) }),
    fc.record({ kind: fc.constant('refuse' as const), ms: fc.integer({ min: 0, max: 5_000 }) }),
    fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 3_000 }) }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 80 }), async (acts) => {
      const clock = createVirtualClock()
      const pace = createMemoryPace(clock)
      const request = { bucket: 'b', rank: 2, intervalMs: 100, maxAheadMs: 400 }
      for (const one of acts) {
        if (one.kind === 'wait') await clock.advance(one.ms)
        else if (one.kind === 'refuse') await pace.throttle('b', one.ms)
        else await pace.reserve(request)
      }
      for (const [n, slotMs] of pace.slots.entries()) {
        assert.ok(n === 0 || slotMs - pace.slots[n - 1]! >= request.intervalMs - 1e-6)
      }
    }),
    { numRuns: 30 },
  )
})
