import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { GenesysFailure } from '../../src/domain/genesys/genesys-failure.ts'
import { asFile, makeChunk } from '../support/memory/made-uploads.ts'
import { createMemoryDelivery } from '../support/memory/memory-delivery.ts'
import { createMemoryGenesys } from '../support/memory/memory-genesys.ts'
import { deliveryOver, names } from '../support/stages/delivery-run.ts'
import { createLeapingClock } from '../support/stages/test-clock.ts'

/**
 * A file with an unknown outcome must be sent again under its own id. It was sent under another one
 * if any row of its chunks had been left out from the beginning because of newer content in the
 * register.
 */
describe('a file that is sent again after its outcome was lost', () => {
  it('keeps its request id when rows were left out of it from the beginning', async () => {
    const chunks = [makeChunk(0, names(3))]
    const store = createMemoryDelivery(chunks, asFile(chunks))
    const newer = { contentHash: Buffer.alloc(16), acceptedSeq: store.upload.acceptedSeq! + 1 }
    store.register.set(names(3)[0]!, newer)
    const genesys = createMemoryGenesys({ jobs: true })
    const clock = createLeapingClock()
    const never = new AbortController().signal
    const deliver = async (rest: AbortSignal): Promise<void> => {
      const nudges = { take: () => false, next: () => never }
      const lease = { signal: never, rest, assertHeld: () => undefined, nudges }
      await deliveryOver({ store, genesys, clock }).run(lease)
    }
    const stopped = new AbortController()
    genesys.onFile = (_, attempt) => {
      if (attempt > 1) return
      stopped.abort()
      throw new GenesysFailure('unavailable', 'send-file')
    }
    await deliver(stopped.signal)
    const [doomed] = store.allParts.values()
    await deliver(never)
    assert.equal(store.upload.state, 'completed_with_errors')
    const asked = genesys.files.map(({ requestId }) => requestId)
    assert.deepEqual(asked, [doomed!.id, doomed!.id])
  })
})
