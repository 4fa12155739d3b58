import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createTurns } from '../../../src/lib/waiting/turns.ts'

test('200 that ask together run four at a time, in the order in which they asked, past failures', async () => {
  const turn = createTurns(4)
  const started: number[] = []
  let [running, most] = [0, 0]
  const outcomes = await Promise.allSettled(
    Array.from({ length: 200 }, (_, n) =>
      turn(async () => {
        started.push(n)
        running += 1
        most = Math.max(most, running)
        await new Promise(setImmediate)
        running -= 1
        if (n % 3 === 0) throw new Error('failed')
      }),
    ),
  )
  assert.equal(most, 4)
  assert.deepEqual(
    started,
    Array.from({ length: 200 }, (_, n) => n),
  )
  assert.equal(outcomes.filter(({ status }) => status === 'rejected').length, 67)
})
