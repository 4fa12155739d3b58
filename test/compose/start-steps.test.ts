import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createStartSteps } from '../../src/compose/start-steps.ts'
import { createTeller } from '../genesys/harness.ts'
import { createManualClock } from '../support/stages/test-clock.ts'

test('a step is told before it begins, every 10 s while it lasts, and no more when it is done', async () => {
  const clock = createManualClock()
  const { emit, told } = createTeller()
  const during = createStartSteps({ clock, emit })
  const end = Promise.withResolvers<string>()
  let begun = 0
  const work = during('open-database', async () => {
    begun = told.length
    return end.promise
  })
  await clock.advance(25_000)
  assert.equal(begun, 1)
  end.resolve('opened')
  assert.equal(await work, 'opened')
  await clock.advance(60_000)
  const step = 'open-database'
  assert.deepEqual(
    told.map(({ name, fields }) => [name, fields]),
    [0, 10_000, 20_000].map((forMs) => ['process.starting', { step, forMs }]),
  )
})

test('a step that fails ends the telling with its error', async () => {
  const clock = createManualClock()
  const { emit, told } = createTeller()
  const during = createStartSteps({ clock, emit })
  await assert.rejects(
    during('listen', () => Promise.reject(new Error('EADDRINUSE'))),
    /EADDRINUSE/,
  )
  await clock.advance(30_000)
  assert.equal(told.length, 1)
})
