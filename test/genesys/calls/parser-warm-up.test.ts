import assert from 'node:assert/strict'
import { test } from 'node:test'

import { warmUpParser } from '../../../src/genesys/calls/parser-warm-up.ts'

const listening = (): number =>
  process.getActiveResourcesInfo().filter((kind) => kind === 'TCPServerWrap').length

test('the warm-up of the parser reads its answers, and leaves no server behind', async () => {
  const before = listening()
  await warmUpParser()
  assert.equal(listening(), before)
})
