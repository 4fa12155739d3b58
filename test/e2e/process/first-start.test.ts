import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { startGateway } from '../../support/gateway/gateway-process.ts'

/**
 * Usually the first start has 1.2 to 1.4 times the peak of the next one. If the database were made
 * within the gateway's process, it would always have 1.9 to 2.2 times the peak.
 */
const MOST = 1.65
/** On a busy machine a pair may differ more: seen once in seven pairs. */
const PAIRS = 3

test('the first start, which makes the database, holds hardly more memory than any other', async (t) => {
  const told: string[] = []
  for (let pair = 1; pair <= PAIRS; pair += 1) {
    const directory = mkdtempSync(join(tmpdir(), 'first-start-'))
    t.after(() => rmSync(directory, { recursive: true }))
    const peaks: number[] = []
    for (let start = 1; start <= 2; start += 1) {
      const gateway = await startGateway({ DATA_DIR: join(directory, 'data') })
      peaks.push(gateway.peakMiB())
      await gateway.stop()
    }
    if (peaks[0]! < MOST * peaks[1]!) return
    told.push(`${peaks.join(' and ')} MiB`)
  }
  assert.fail(told.join(', '))
})
