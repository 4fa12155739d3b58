import assert from 'node:assert/strict'
import { IncomingMessage } from 'node:http'
import { Socket } from 'node:net'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'

import { drainRest } from '../../../src/http/submissions/submission-body.ts'
import { createManualClock } from '../../support/stages/test-clock.ts'

/**
 * If a refused body was longer than the gateway reads, the gateway closed the connection
 * immediately. A client on a busy machine was still sending, got ECONNRESET, and never saw its 413.
 */
const MAX_MS = 2_000

const drained = async () => {
  const clock = createManualClock()
  const raw = new IncomingMessage(new Socket())
  let closed = false
  const close = async () => {
    await drainRest(raw, { clock, maxBytes: 100_000, maxMs: MAX_MS })
    closed = true
  }
  const closing = close()
  await turn()
  return { clock, raw, closing, isClosed: () => closed }
}

test('a refused body that is too long is not read on, but its client has time to read the answer', async () => {
  const { clock, raw, closing, isClosed } = await drained()
  for (let sent = 0; sent < 3; sent += 1) raw.push(Buffer.alloc(60_000))
  await clock.advance(MAX_MS - 1)
  assert.equal(isClosed(), false)
  assert.equal(raw.isPaused(), true)
  await clock.advance(1)
  await closing
})

test('a client that has read the answer and closes is not waited for', async () => {
  const { raw, closing } = await drained()
  raw.push(Buffer.alloc(160_000))
  await turn()
  raw.destroy()
  await closing
})
