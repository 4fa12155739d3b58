import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createLaneWorkers } from '../../src/lanes/lane-worker.ts'
import { systemClock } from '../../src/lib/clock.ts'

test('a worker whose claims failed for an hour looks for work again within seconds', async () => {
  const waits: number[] = []
  const { promise: hourOver, resolve } = Promise.withResolvers<void>()
  let sleptMs = 0
  const unused = async (): Promise<never> => {
    throw new Error('no lane was claimed')
  }
  const workers = createLaneWorkers({
    lanes: {
      claim: () => Promise.reject(new Error('the database does not answer')),
      renew: unused,
      release: unused,
      freeAll: unused,
      anyReady: unused,
      wakeHeld: unused,
      repair: unused,
    },
    delivery: { next: unused },
    deliver: unused,
    clock: {
      ...systemClock,
      sleep: async (ms) => {
        waits.push(ms)
        sleptMs += ms
        if (sleptMs >= 3_600_000) resolve()
        await new Promise((passed) => setImmediate(passed))
      },
    },
    emit: () => {},
    owner: 'me',
    maxLanes: 1,
    maxHeld: 1,
    idlePollMs: 300,
  })
  workers.start()
  await hourOver
  await workers.stop(0)
  assert.ok(Math.max(...waits) <= 10_000, `${Math.max(...waits)} ms`)
})
