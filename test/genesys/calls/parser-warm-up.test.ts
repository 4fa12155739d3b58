import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'

import { warmUpParser } from '../../../src/genesys/calls/parser-warm-up.ts'

const listening = (): number =>
  process.getActiveResourcesInfo().filter((kind) => kind === 'TCPServerWrap').length

test('the warm-up of the parser reads its answers, and leaves no server behind', async () => {
  const before = listening()
  await warmUpParser()
  // Node counts a handle until the turn of the event loop in which it is closed.
  await setImmediate()
  assert.equal(listening(), before)
})
