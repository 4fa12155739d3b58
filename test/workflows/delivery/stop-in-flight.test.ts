import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { GenesysFailure } from '../../../src/domain/genesys/genesys-failure.ts'
import { FenceLost } from '../../../src/workflows/ports/delivery/delivery.ts'
import { makeChunk } from '../../support/memory/made-uploads.ts'
import { names, setUp } from '../../support/stages/delivery-run.ts'

describe('a stop', () => {
  it('comes to rest only when the jobs of what was sent are kept', async () => {
    const chunks = [0, 1, 2, 3].map((seq) => makeChunk(seq, names(2, `s${seq}-`)))
    const t = setUp({ chunks, jobs: true })
    const kept = Promise.withResolvers<void>()
    let held = kept
    const turns = async () => {
      for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve))
    }
    const { noteJob } = t.store
    t.store.noteJob = async (...noted) => {
      await held.promise
      await noteJob(...noted)
    }
    // When the stop comes, the first job is being read and the second batch is being sent.
    t.genesys.readJob = (_jobId, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
        t.rest.signal.addEventListener('abort', () =>
          reject(new GenesysFailure('unavailable', 'x')),
        )
      })
    const { sendBatch } = t.genesys
    t.genesys.sendBatch = async (batch, context) => {
      if (t.genesys.sent.length === 1) {
        kept.resolve()
        await turns()
        held = Promise.withResolvers<void>()
        t.rest.abort()
        await turns()
      }
      return sendBatch(batch, context)
    }
    let ended = false
    const run = t.run().then(() => (ended = true))
    await turns()
    await turns()
    await turns()
    assert.equal(t.genesys.sent.length, 2)
    assert.equal(ended, false)
    held.resolve()
    await run
    const sent = [...t.store.all.values()].filter(({ state }) => state === 'sent')
    assert.deepEqual(
      sent.map(({ jobId }) => jobId !== null),
      [true, true],
    )
  })

  it('stops without a word when another worker has the lane', async () => {
    const t = setUp({ chunks: [makeChunk(0, names(1))] })
    t.store.fence = '2'
    await assert.rejects(t.run(), FenceLost)
    assert.equal(t.genesys.sent.length, 0)
  })

  it('asks the lease before every request', async () => {
    const t = setUp({ chunks: [makeChunk(0, names(1))] })
    t.lease.assertHeld = () => {
      throw new FenceLost('the lease is over')
    }
    await assert.rejects(t.run(), FenceLost)
    assert.equal(t.genesys.contacts.size, 0)
  })
})
