import assert from 'node:assert/strict'
import { it } from 'node:test'

import { makeChunk } from '../../support/memory/made-uploads.ts'
import { createMemoryDelivery } from '../../support/memory/memory-delivery.ts'
import { createMemoryGenesys } from '../../support/memory/memory-genesys.ts'
import { deliveryOver } from '../../support/stages/delivery-run.ts'
import { createManualClock } from '../../support/stages/test-clock.ts'

/** An upload overwrites a list, and Genesys wipes the rows that are to prove the clearing. */
const startProving = () => {
  const store = createMemoryDelivery([makeChunk(0, ['a', 'b'])], { mode: 'overwrite' })
  const genesys = createMemoryGenesys()
  const clock = createManualClock()
  const never = new AbortController().signal
  const about = {
    clearContactList: async () => genesys.contacts.clear(),
    contactReads: { readContacts: async () => new Map<string, Record<string, string>>() },
  }
  const { run } = deliveryOver({ store, genesys, clock }, about)
  const lane = { ended: false }
  void run({ signal: never, rest: never, assertHeld: () => undefined }).finally(() => {
    lane.ended = true
  })
  return { store, genesys, clock, lane }
}

/**
 * While a run waited for the proof that a list was cleared, it did not ask for up to 160 s whether
 * it may continue. A paused or cancelled upload kept its lane as long.
 */
for (const [proofs, beforeMs] of [
  [1, 1_000],
  [4, 10_000 + 20_000 + 40_000 + 1_000],
] as const) {
  it(`a run ends within seconds if its upload is paused during the wait for proof ${proofs}`, async () => {
    const { store, genesys, clock, lane } = startProving()
    for (let ms = 0; ms < beforeMs; ms += 1_000) await clock.advance(1_000)
    assert.deepEqual([lane.ended, genesys.sent.length], [false, proofs])
    store.upload = { ...store.upload, state: 'paused', version: store.upload.version + 1 }
    await clock.advance(6_000)
    assert.equal(lane.ended, true, 'the run still waits')
    assert.equal(genesys.sent.length, proofs)
  })
}
