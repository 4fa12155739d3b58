import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Scanner } from '../../../src/workflows/ports/guest-files/scanner.ts'
import { embeddedHome, openTestStore } from '../../support/databases/database.ts'
import { createFileStage } from '../../support/guest-files/file-stage.ts'

const DAY_MS = 86_400_000

/**
 * A file waits a day for a verdict. The wall clock of the machine measured that day. When it was
 * set ahead by a day, or no gateway had run for a day, the next check was the last one. The file
 * failed, and its bytes were deleted, although nobody had tried for a day.
 */
test('a file that waits for the scanner is checked for a day, also if the clock is set ahead', async (t) => {
  const home = embeddedHome()
  t.after(() => home.close())
  const store = await openTestStore(await home.fresh())
  t.after(() => store.close())
  await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  let scans = 0
  const scanner: Scanner = {
    engine: async () => null,
    scan: async (pieces) => {
      scans += 1
      for await (const _ of pieces);
      return { verdict: 'unavailable', engine: null }
    },
  }
  const stage = await createFileStage(store, { scanner })
  t.after(() => stage.close())
  const id = await stage.send('for a guest')
  await stage.workOnce()
  stage.clock.skip(2 * DAY_MS)
  await stage.workOnce()
  assert.equal((await stage.find(id)).state, 'scanning')
  await stage.work()
  const { state, problem } = await stage.find(id)
  assert.deepEqual([state, problem?.code], ['failed', 'scanner-unavailable'])
  // Ten waits that double, from a second on, and then one every quarter of an hour.
  assert.ok(scans > 100, `${scans} scans`)
})
