import assert from 'node:assert/strict'
import { test } from 'node:test'

import { NO_QUOTAS } from '../../../src/domain/access/quotas.ts'
import { createCountUse } from '../../../src/workflows/access/count-use.ts'
import type { TenantUseStore } from '../../../src/workflows/ports/access/use.ts'
import { createManualClock } from '../../support/stages/test-clock.ts'

/** Two instances that share what they count through one database. */
const setInstances = () => {
  const clock = createManualClock()
  const sums = { rows: 0, requests: 0 }
  const database = { answersAfterMs: 0, isAway: false }
  const use: TenantUseStore = {
    tell: async (counted) => {
      if (database.isAway) throw new Error('the database is away')
      if (database.answersAfterMs > 0) await clock.sleep(database.answersAfterMs)
      for (const { rows, requests } of counted) {
        sums.rows += rows
        sums.requests += requests
      }
      return counted.map(({ tenantId }) => ({
        tenantId,
        quotas: { ...NO_QUOTAS, rowsPerDay: 1_000 },
        use: { rowsToday: sums.rows, openUploads: 0, requestsThisMinute: sums.requests },
        minuteEndsMs: 60_000,
        dayEndsMs: 86_400_000,
      }))
    },
  }
  const [one, two] = [0, 1].map(() => createCountUse({ use, clock, emit: () => {} }))
  return { one: one!, two: two!, clock, sums, database }
}

/**
 * Only tenants that had called after the last sharing were shared. The rows of a body that took
 * longer than a second were counted after that, and no other instance learned of them.
 */
test('the rows of a file that arrived slowly are known to the other instances a second later', async () => {
  const { one, two, clock } = setInstances()
  await one.request('t', true)
  const room = await one.upload('t')
  await clock.advance(2_500)
  room.takeRows(900)
  await clock.advance(1_000)
  assert.equal((await two.upload('t')).rowsLeft, 100)
})

test('a stop shares the rows of a file that arrived slowly', async () => {
  const { one, two, clock } = setInstances()
  const room = await one.upload('t')
  await clock.advance(2_500)
  room.takeRows(900)
  await one.stop()
  assert.equal((await two.upload('t')).rowsLeft, 100)
})

test('rows that are given back after they were shared are free again at the other instances', async () => {
  const { one, two, clock } = setInstances()
  const room = await one.upload('t')
  room.takeRows(900)
  await clock.advance(2_500)
  room.giveBack()
  await clock.advance(1_000)
  assert.equal((await two.upload('t')).rowsLeft, 1_000)
})

test('a call for which the use was read first is shared too', async () => {
  const { one, clock, sums, database } = setInstances()
  database.answersAfterMs = 5
  const calling = one.request('t', true)
  await clock.advance(5)
  await calling
  await clock.advance(2_000)
  assert.equal(sums.requests, 1)
})

test('rows that are counted while a statement runs are shared without a further call', async () => {
  const { one, clock, sums, database } = setInstances()
  const room = await one.upload('t')
  await clock.advance(2_500)
  database.answersAfterMs = 3_000
  const calling = one.request('another tenant', true)
  await clock.advance(50)
  room.takeRows(900)
  await clock.advance(3_000)
  await calling
  await clock.advance(3_000)
  assert.equal(sums.rows, 900)
})

test('what could not be shared is shared without a further call when the database is back', async () => {
  const { one, clock, sums, database } = setInstances()
  const room = await one.upload('t')
  await clock.advance(2_500)
  room.takeRows(900)
  database.isAway = true
  await clock.advance(3_000)
  database.isAway = false
  await clock.advance(1_000)
  assert.equal(sums.rows, 900)
})
