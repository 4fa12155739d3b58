import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { GenesysFailure } from '../../../src/domain/genesys/genesys-failure.ts'
import type { Upload } from '../../../src/domain/uploads/upload.ts'
import type { WithheldRow } from '../../../src/workflows/ports/delivery/tries.ts'
import { makeChunk } from '../../support/memory/made-uploads.ts'
import { createMemoryDelivery, type MemoryDelivery } from '../../support/memory/memory-delivery.ts'
import { createMemoryGenesys } from '../../support/memory/memory-genesys.ts'
import { deliveryOver } from '../../support/stages/delivery-run.ts'
import { createLeapingClock } from '../../support/stages/test-clock.ts'

const VERDICT: WithheldRow['verdict'] = {
  outcome: 'unprocessed',
  code: 'superseded',
  column: null,
}

/** Two chunks of two contacts, sent as batches or in one file. */
const setUp = (method: Upload['delivery']['method']) => {
  const chunks = [makeChunk(0, ['a', 'b']), makeChunk(1, ['c', 'd'])]
  const store = createMemoryDelivery(chunks, {
    columns: [{ name: 'id', kind: 'contactId', mappedTo: 'id' }],
    delivery: { method, batches: { total: 2, delivered: 0, failed: 0 }, duplicateCheckField: null },
  })
  const genesys = createMemoryGenesys({ jobs: true })
  const { run } = deliveryOver({ store, genesys, clock: createLeapingClock() })
  const never = new AbortController().signal
  const lease = { signal: never, rest: never, assertHeld: () => undefined as void }
  /** The ids of contacts in each request, in order. */
  const sent = (): string[][] =>
    method === 'batches'
      ? genesys.sent.map(({ contactIds }) => [...contactIds])
      : genesys.files.map(({ records }) => records.map(([id]) => id!))
  const requestIds = (): string[] =>
    (method === 'batches' ? genesys.sent : genesys.files).map(({ requestId }) => requestId)
  return { store, genesys, sent, requestIds, run: () => run(lease) }
}

/** From the `from`-th try on, row 1 of the first chunk may not be sent. */
const withholdFrom = (store: MemoryDelivery, from: number): void => {
  let tries = 0
  store.withhold = (requestId) => {
    tries += 1
    if (tries < from) return []
    const open = [...store.all.values()].filter(
      ({ id, partId }) => id === requestId || partId === requestId,
    )
    return open
      .filter(({ chunkSeq, sent }) => chunkSeq === 0 && (sent[0]! & 2) !== 0)
      .map(({ id }) => ({ batchId: id, row: 1, verdict: VERDICT }))
  }
}

const EXPECTED = {
  batches: [['a'], ['c', 'd']],
  file: [['a', 'c', 'd']],
}

for (const method of ['batches', 'file'] as const) {
  describe(`Rows that may not go any more (${method})`, () => {
    it('are split off when the try is recorded, and the rest goes under another id', async () => {
      const t = setUp(method)
      withholdFrom(t.store, 1)
      await t.run()
      assert.deepEqual(t.sent(), EXPECTED[method])
      const { delivered, failed, unprocessed } = t.store.upload.counts
      assert.deepEqual([delivered, failed, unprocessed], [3, 0, 1])
      assert.deepEqual(
        t.store.results.map(({ line, code }) => [line, code]),
        [[3, 'superseded']],
      )
      const split = [...t.store.all.values(), ...t.store.allParts.values()].filter(
        ({ state }) => state === 'split',
      )
      assert.ok(split.length > 0)
      assert.ok(split.every(({ id, attempts }) => attempts === 0 && !t.requestIds().includes(id)))
    })

    it('are split off between two tries as well', async () => {
      const t = setUp(method)
      withholdFrom(t.store, 2)
      let away = true
      const fail = (): void => {
        if (away) {
          away = false
          throw new GenesysFailure('unavailable', 'send')
        }
      }
      t.genesys.onSend = fail
      t.genesys.onFile = fail
      await t.run()
      assert.deepEqual(t.sent().slice(1), EXPECTED[method])
      assert.equal(new Set(t.requestIds()).size, t.requestIds().length)
      assert.equal(t.store.upload.counts.delivered, 3)
    })

    it('send nothing where no row is left', async () => {
      const t = setUp(method)
      t.store.withhold = (requestId) =>
        [...t.store.all.values()]
          .filter(({ id, partId }) => id === requestId || partId === requestId)
          .flatMap(({ id }) => [0, 1].map((row) => ({ batchId: id, row, verdict: VERDICT })))
      await t.run()
      assert.deepEqual(t.sent(), [])
      assert.equal(t.store.upload.counts.unprocessed, 4)
    })

    it('and none at all go once the upload is cancelled while the request waits for its slot', async () => {
      const t = setUp(method)
      const cancel = (): void => {
        const { version } = t.store.upload
        t.store.upload = { ...t.store.upload, cancelRequested: true, version: version + 1 }
      }
      // Whatever the delivery asks of the store, it asks after the cancellation.
      const { recordTry } = t.store
      t.store.recordTry = (...args) => {
        cancel()
        return recordTry(...args)
      }
      await t.run()
      await t.run()
      assert.deepEqual(t.sent(), [])
      assert.equal(t.store.upload.state, 'cancelled')
      assert.equal(t.store.upload.counts.unprocessed, 4)
    })
  })
}
