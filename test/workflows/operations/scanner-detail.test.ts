import assert from 'node:assert/strict'
import { test } from 'node:test'

import { createScannerDetail } from '../../../src/workflows/operations/scanner-detail.ts'

const ABSENT = 'clamd does not answer: guest files wait'

/** A scanner and a clock that do nothing until the test tells them to. */
const setStage = () => {
  const asked: { answer: (engine: string | null) => void; signal: AbortSignal }[] = []
  const naps: { end: () => void; signal: AbortSignal }[] = []
  const detail = createScannerDetail({
    scanner: {
      engine: (signal) => {
        const { promise, resolve } = Promise.withResolvers<string | null>()
        asked.push({ answer: resolve, signal: signal! })
        signal!.addEventListener('abort', () => resolve(null))
        return promise
      },
    },
    clock: {
      sleep: (_ms, signal) => {
        const { promise, resolve } = Promise.withResolvers<void>()
        naps.push({ end: resolve, signal: signal! })
        return promise
      },
    },
  })
  return { asked, naps, detail }
}

test('the scanner is named, and the wait for it ends with its answer', async () => {
  const { asked, naps, detail } = setStage()
  const shown = detail()
  asked[0]!.answer('clamav 1.4.6')
  assert.equal(await shown, 'clamav 1.4.6')
  assert.ok(naps[0]!.signal.aborted)
  assert.ok(!asked[0]!.signal.aborted)
})

test('a scanner that says nothing in time is away, and the question to it ends', async () => {
  const { asked, naps, detail } = setStage()
  const shown = detail()
  naps[0]!.end()
  assert.equal(await shown, ABSENT)
  assert.ok(asked[0]!.signal.aborted)
})

test('calls at the same time share one question, and a later call asks anew', async () => {
  const { asked, naps, detail } = setStage()
  const shown = Promise.all([detail(), detail(), detail()])
  assert.equal(asked.length, 1)
  naps[0]!.end()
  assert.deepEqual(await shown, [ABSENT, ABSENT, ABSENT])
  const later = detail()
  assert.equal(asked.length, 2)
  asked[1]!.answer('clamav 1.4.6')
  assert.equal(await later, 'clamav 1.4.6')
})

test('without a scanner, nothing is asked', async () => {
  const detail = createScannerDetail({
    scanner: null,
    clock: { sleep: () => assert.fail('nothing to wait for') },
  })
  assert.equal(await detail(), 'not configured: nothing scans guest files')
})
