import assert from 'node:assert/strict'
import { test } from 'node:test'

import { NO_QUOTAS, type Quotas } from '../../../src/domain/access/quotas.ts'
import { createCountUse } from '../../../src/workflows/access/count-use.ts'
import type { Counted, TenantUseStore } from '../../../src/workflows/ports/access/use.ts'
import { createManualClock } from '../../support/stages/test-clock.ts'

/** A database that adds up the counts that it gets. The test can make it unavailable or slow. */
const setUse = (first: Partial<Quotas>) => {
  const clock = createManualClock()
  const told: Counted[][] = []
  const sums = { rows: 0, requests: 0 }
  const state = { isAway: false, answersAfterMs: 0, quotas: first }
  const use: TenantUseStore = {
    tell: async (counted) => {
      if (state.isAway) throw new Error('the database is away')
      if (state.answersAfterMs > 0) await clock.sleep(state.answersAfterMs)
      told.push([...counted])
      for (const { rows, requests } of counted) {
        sums.rows += rows
        sums.requests += requests
      }
      return counted.map(({ tenantId }) => ({
        tenantId,
        quotas: { ...NO_QUOTAS, ...state.quotas },
        use: { rowsToday: sums.rows, openUploads: 0, requestsThisMinute: sums.requests },
        minuteEndsMs: 60_000,
        dayEndsMs: 86_400_000,
      }))
    },
  }
  const events: string[] = []
  const countUse = createCountUse({ use, clock, emit: (name) => events.push(name) })
  return { countUse, clock, told, sums, state, events }
}

test('a thousand calls are told in one statement a second, and the first alone waits for it', async () => {
  const { countUse, clock, told, sums } = setUse({ requestsPerMinute: 100_000 })
  for (let call = 0; call < 1_000; call += 1) await countUse.request('t', true)
  assert.equal(told.length, 1)
  await clock.advance(1_000)
  assert.equal(told.length, 2)
  assert.equal(sums.requests, 1_000)
  await clock.advance(10_000)
  assert.equal(told.length, 2, 'nothing is told where nothing was counted')
})

test('what could not be told is told later, and nothing of it is lost or told twice', async () => {
  const { countUse, clock, sums, state, events } = setUse({})
  for (let call = 0; call < 10; call += 1) await countUse.request('t', true)
  ;(await countUse.upload('t')).takeRows(7)
  state.isAway = true
  await clock.advance(1_000)
  assert.deepEqual(events, ['job.failed'])
  assert.equal(sums.requests, 0)
  for (let call = 0; call < 5; call += 1) await countUse.request('t', true)
  state.isAway = false
  await clock.advance(1_000)
  assert.deepEqual(sums, { rows: 7, requests: 15 })
})

test('a quota is kept from what is known while the database is away, and nobody passes by it when it is away for long', async () => {
  const { countUse, clock, state } = setUse({ requestsPerMinute: 5, rowsPerDay: 100 })
  await countUse.request('t', true)
  state.isAway = true
  for (let call = 1; call < 5; call += 1) await countUse.request('t', true)
  await assert.rejects(countUse.request('t', true), { code: 'quota-exceeded' })
  await clock.advance(11_000)
  await assert.rejects(countUse.request('t', true), /the database is away/)
  await assert.rejects(countUse.upload('t'), /the database is away/)
  await assert.rejects(countUse.request('unknown', true), /the database is away/)
  state.isAway = false
  await countUse.upload('t')
})

test('a stop tells what is counted', async () => {
  const { countUse, clock, sums, state } = setUse({})
  state.answersAfterMs = 5
  const calling = countUse.request('t', true)
  await clock.advance(5)
  await calling
  state.answersAfterMs = 0
  await countUse.stop()
  assert.equal(sums.requests, 1)
})

test('a quota that a tenant is given holds from its next call on, two seconds later', async () => {
  const { countUse, clock, state } = setUse({})
  ;(await countUse.upload('t')).takeRows(20)
  await clock.advance(10_000)
  state.quotas = { rowsPerDay: 25, requestsPerMinute: 1 }
  const room = await countUse.upload('t')
  assert.equal(room.rowsLeft, 5)
  assert.throws(() => room.takeRows(20), { code: 'quota-exceeded' })
  await countUse.request('t', true)
  await assert.rejects(countUse.request('t', true), { code: 'quota-exceeded' })
})

test('a tenant without quotas goes on while the database takes no writes', async () => {
  const { countUse, clock, state } = setUse({})
  await countUse.request('t', true)
  await clock.advance(10_000)
  state.isAway = true
  await countUse.request('t', true)
})
