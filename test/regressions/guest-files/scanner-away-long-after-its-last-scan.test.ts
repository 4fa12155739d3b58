import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createTelemetry } from '../../../src/telemetry/telemetry.ts'
import { createManualClock } from '../../support/stages/test-clock.ts'

/**
 * The metric stayed 1 until the same instance scanned another file, although other instances had
 * long got verdicts.
 */
test('an instance that has scanned nothing for ten minutes does not show the scanner as away', async () => {
  const clock = createManualClock()
  const telemetry = createTelemetry({ log: () => {}, clock })
  const isAway = async (): Promise<boolean> => {
    const { body } = await telemetry.scrape({
      ready: async () => true,
      pace: async () => ({ requestsPerMinute: 1, usedLastMinute: 0, remaining: null, waiting: {} }),
      database: () => Promise.reject(new Error('not asked for')),
    })
    return /^gateway_guest_file_scanner_away 1$/m.test(body)
  }
  const scan = (verdict: 'clean' | 'unavailable'): void =>
    telemetry.emit('guest_file.scanned', { guestFileId: 'gf_1', verdict, durationMs: 1 })

  assert.equal(await isAway(), false)
  scan('unavailable')
  await clock.advance(9 * 60_000)
  assert.equal(await isAway(), true)
  scan('unavailable')
  await clock.advance(9 * 60_000)
  assert.equal(await isAway(), true)
  await clock.advance(60_000)
  assert.equal(await isAway(), false)
  scan('unavailable')
  scan('clean')
  assert.equal(await isAway(), false)
})
