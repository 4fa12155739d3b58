import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createLastHour } from '../../src/telemetry/last-hour.ts'

const settled = (delivered: number) => ({
  ...{ uploadId: 'u', batchId: 'b', attempt: 1, delivered },
  ...{ unchanged: 0, failed: 0, unprocessed: 0, durationMs: 1 },
})

test('counts stand in their minute, the newest last, and are forgotten after an hour', () => {
  let nowMs = 0
  const hour = createLastHour({ monotonicMs: () => nowMs })
  hour.note('batch.settled', settled(7))
  hour.note('batch.settled', settled(1))
  // The rows of a part are those of its batches, which are counted.
  const part = { uploadId: 'u', partId: 'p', seq: 1, rows: 8, failed: 0, durationMs: 1 }
  hour.note('part.settled', part)
  nowMs = 60_000
  hour.note('batch.settled', settled(5))
  assert.deepEqual(hour.read().rowsDelivered.slice(-3), [0, 8, 5])
  nowMs = 59 * 60_000
  assert.equal(hour.read().rowsDelivered[0], 8)
  nowMs = 61 * 60_000
  assert.equal(hour.read().rowsDelivered.length, 60)
  assert.deepEqual(
    hour.read().rowsDelivered.filter((rows) => rows > 0),
    [],
  )
})
