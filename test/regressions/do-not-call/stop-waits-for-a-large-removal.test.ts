import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { createDncWorker } from '../../../src/lanes/dnc-worker.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { createSendEntries } from '../../../src/workflows/do-not-call/send-entries.ts'
import type { DncLaneStore } from '../../../src/workflows/ports/do-not-call/dnc-lane.ts'
import type { DncListPort } from '../../../src/workflows/ports/do-not-call/dnc-lists.ts'
import { dncStore } from '../../support/do-not-call/dnc-store.ts'
import { holdLane, submitEntries } from '../../support/do-not-call/dnc-submissions.ts'
import { ids } from '../../support/stages/store-uploads.ts'

const CHUNKS = 60
/** Longer than the test may take, so that the worker never aborts its work. */
const GRACE_MS = 10 * 60 * 1000

const unused = () => Promise.reject(new Error('Genesys takes no removals'))
/** Genesys accepts no removals, so all of them are settled without a request. */
const LISTS: DncListPort = {
  dialect: 'guide',
  limits: { entries: 499, expiryDays: null },
  exports: null,
  takes: { phone: true, email: false, removals: false, reasons: true },
  add: unused,
  remove: unused,
}

/**
 * The gateway ended the entries that a removal concerns, and settled the removal, chunk by chunk in
 * one go. A stop waited until a whole large removal was done, so the process ended with exit code 1
 * after 10 s.
 */
describe('A removal of many chunks', () => {
  const store = dncStore()

  it('is left between two chunks when the gateway stops, and the next claim goes on', async () => {
    const entries = Array.from({ length: CHUNKS }, (_, at) => ({
      subject: `+1415555${String(at).padStart(4, '0')}`,
    }))
    const id = await submitEntries(store(), entries, { kind: 'remove', chunkEntries: 1 })
    const begun = Promise.withResolvers<void>()
    const lane: DncLaneStore = {
      ...store().dncLane,
      nextGroup: async (...args) => {
        begun.resolve()
        return store().dncLane.nextGroup(...args)
      },
    }
    const worker = createDncWorker({
      lane,
      send: createSendEntries({
        ...{ lane, lists: LISTS, clock: systemClock, ids, emit: () => undefined },
        ...{ random: Math.random, owner: 'me', slots: 5 },
      }),
      ...{ atOnce: 1, clock: systemClock, emit: () => undefined, owner: 'me', idlePollMs: 1_000 },
    })
    worker.start()
    await begun.promise
    await worker.stop(GRACE_MS)
    const state = async () => (await store().dncSubmissions.find('default', id))?.state
    assert.equal(await state(), 'applying')
    const next = await holdLane(store(), 'guide')
    await next.drain()
    await next.letGo()
    assert.equal(await state(), 'applied')
  })
})
