import assert from 'node:assert/strict'
import { test } from 'node:test'

import { NO_QUOTAS } from '../../../src/domain/access/quotas.ts'
import { createCountUse } from '../../../src/workflows/access/count-use.ts'
import { createManualClock } from '../../support/stages/test-clock.ts'

const HOUR_MS = 3_600_000

/** An instance that has counted rows, and whose database is away. */
const setAway = async () => {
  const clock = createManualClock()
  const state = { isAway: false, rows: 0, tries: 0 }
  const events: string[] = []
  const countUse = createCountUse({
    use: {
      tell: async (counted) => {
        state.tries += 1
        if (state.isAway) throw new Error('the database is away')
        for (const { rows } of counted) state.rows += rows
        return counted.map(({ tenantId }) => ({
          ...{ tenantId, quotas: NO_QUOTAS, minuteEndsMs: 60_000, dayEndsMs: 86_400_000 },
          use: { rowsToday: state.rows, openUploads: 0, requestsThisMinute: 0 },
        }))
      },
    },
    ...{ clock, emit: (name) => events.push(name) },
  })
  const room = await countUse.upload('t')
  await clock.advance(2_000)
  state.isAway = true
  room.takeRows(7)
  return { countUse, room, clock, state, events }
}

/** The sharing failed and was logged every second, for as long as the database was away. */
test('while the database is away, use is shared after growing waits of at most 30 s', async () => {
  const { clock, state, events } = await setAway()
  await clock.advance(4_000)
  assert.ok(events.length >= 2, 'a short failure is retried soon')
  await clock.advance(HOUR_MS)
  assert.ok(events.length <= 5 + HOUR_MS / 30_000, `${events.length} events in an hour`)
  state.isAway = false
  await clock.advance(30_000)
  assert.equal(state.rows, 7)
})

test('when the database is back, use is shared each second again, also after a call that was first', async () => {
  const { countUse, room, clock, state } = await setAway()
  await clock.advance(HOUR_MS)
  state.isAway = false
  await countUse.request('t', true)
  assert.equal(state.rows, 7)
  room.takeRows(5)
  await clock.advance(1_000)
  assert.equal(state.rows, 12)
})

test('a stop shares at once what waits for the next try', async () => {
  const { countUse, clock, state } = await setAway()
  await clock.advance(HOUR_MS)
  state.isAway = false
  await countUse.stop()
  assert.equal(state.rows, 7)
})
