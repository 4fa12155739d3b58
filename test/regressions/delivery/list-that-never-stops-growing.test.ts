import assert from 'node:assert/strict'
import { it } from 'node:test'

import { makeChunk } from '../../support/memory/made-uploads.ts'
import { names } from '../../support/stages/delivery-run.ts'
import {
  deliverToSandbox,
  keepGrowing,
  startWorld,
} from '../../support/stages/sandboxed-delivery.ts'

const TEN_MINUTES_MS = 600_000

/**
 * After an import, the gateway waited until the list stopped growing, for as long as that took. If
 * another client added contacts all the time, the part was never settled, and later uploads to the
 * list waited behind it.
 */
it('a file is settled although another client never stops adding contacts to the list', async (t) => {
  const world = await startWorld()
  t.after(() => world.close())
  const upload = await deliverToSandbox(world, [makeChunk(0, names(300))])
  // Here "never" is a quarter of an hour, so that this test ends even if the fault is back.
  keepGrowing(world, 900)
  const startedMs = world.clock.monotonicMs()
  await upload.run()
  assert.ok(world.clock.monotonicMs() - startedMs < TEN_MINUTES_MS, 'it waited for the list')
  assert.equal(upload.store.upload.state, 'completed')
  assert.equal(upload.store.upload.counts.delivered, 300)
  assert.equal(upload.store.register.size, 300)
})
