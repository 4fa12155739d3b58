import assert from 'node:assert/strict'
import { test } from 'node:test'

import { timedLookUps } from '../../../src/workflows/do-not-call/timed-look-ups.ts'
import type { SuppressionPort } from '../../../src/workflows/ports/do-not-call/suppressions.ts'
import { createLeapingClock } from '../../support/stages/test-clock.ts'

test('a look-up tells how long it took and how many it was about, and one that fails is no answer', async () => {
  const clock = createLeapingClock()
  const told: unknown[] = []
  const found = new Map([['digest', { submission: 1, reason: 2 }]])
  const suppressions = {
    suppressedAmong: async (contactListId: string) => {
      await clock.sleep(1_500)
      if (contactListId === 'broken') throw new Error('the database is away')
      return found
    },
  } as unknown as SuppressionPort
  const emit = (name: string, fields: object): void => void told.push([name, fields])
  const timed = timedLookUps({ suppressions, clock, emit })
  assert.equal(await timed.suppressedAmong('list', Buffer.alloc(48)), found)
  assert.deepEqual(told, [['dnc.looked_up', { subjects: 3, suppressed: 1, durationMs: 1_500 }]])
  await assert.rejects(timed.suppressedAmong('broken', Buffer.alloc(16)), /away/)
  assert.equal(told.length, 1)
})
