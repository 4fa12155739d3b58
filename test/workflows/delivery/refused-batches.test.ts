import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { GenesysFailure } from '../../../src/domain/genesys/genesys-failure.ts'
import { makeChunk } from '../../support/memory/made-uploads.ts'
import { refuseIds, rowError } from '../../support/memory/memory-genesys.ts'
import { names, setUp, rowsOf } from '../../support/stages/delivery-run.ts'

describe('refused batches', () => {
  it('are halved when too large', async () => {
    const t = setUp({ chunks: [makeChunk(0, names(8))] })
    t.genesys.onSend = ({ contactIds }) => {
      if (contactIds.length > 4) throw new GenesysFailure('too_large', 'sendBatch', { status: 413 })
    }
    await t.run()
    assert.equal(t.store.upload.state, 'completed')
    assert.deepEqual(
      t.genesys.sent.map(({ contactIds }) => contactIds.length),
      [8, 4, 4],
    )
  })

  it('lose the rows named and send the rest again', async () => {
    const t = setUp({ chunks: [makeChunk(0, names(100))] })
    t.genesys.onSend = refuseIds(['c7', 'c50'], true)
    await t.run()
    assert.equal(t.genesys.sent.length, 2)
    assert.equal(t.genesys.contacts.size, 98)
    assert.deepEqual(
      t.store.results.map(({ line, code, column }) => [line, code, column]),
      [
        [9, 'genesys-refused', 'note'],
        [52, 'genesys-refused', 'note'],
      ],
    )
    assert.equal(t.store.upload.state, 'completed_with_errors')
  })

  it('are bisected down to the bad rows when none is named', async () => {
    const t = setUp({ chunks: [makeChunk(0, names(128), { leftOut: [3] })] })
    t.genesys.onSend = refuseIds(['c7', 'c90'], false)
    await t.run()
    assert.equal(t.genesys.contacts.size, 125)
    assert.deepEqual(
      t.store.results.map(({ line, code }) => [line, code]),
      [
        [9, 'genesys-refused'],
        [92, 'genesys-refused'],
      ],
    )
    assert.deepEqual(rowsOf(t.store.upload), {
      delivered: 125,
      unchanged: 0,
      failed: 2,
      unprocessed: 0,
    })
  })

  it('hold the upload past the budget of extra requests, and resuming goes on where it stood', async () => {
    const t = setUp({ chunks: [makeChunk(0, names(1024))], batchRows: 2_000 })
    const bad = names(1024).filter((_, index) => index % 100 === 0)
    t.genesys.onSend = refuseIds(bad, false)
    await t.run()
    assert.equal(t.store.upload.hold?.reason, 'refusals')
    assert.ok(t.genesys.sent.length <= 53)
    for (let runs = 0; runs < 10 && t.store.upload.state === 'held'; runs += 1) {
      t.store.upload = { ...t.store.upload, state: 'delivering', hold: null }
      await t.run()
    }
    assert.equal(t.store.upload.state, 'completed_with_errors')
    assert.equal(t.store.upload.counts.failed, bad.length)
    assert.equal(t.genesys.contacts.size, 1024 - bad.length)
  })

  it('hold the upload when more than a twentieth of the rows is refused', async () => {
    const t = setUp({ chunks: [makeChunk(0, names(200))] })
    t.genesys.onSend = refuseIds(names(11), true)
    await t.run()
    const { hold, problem } = t.store.upload
    assert.deepEqual([hold?.reason, problem?.code], ['refusals', 'genesys-refused'])
    assert.match(problem?.detail ?? '', /\(odd\.value\)/)
    assert.equal(t.genesys.sent.length, 1)
  })

  it('hold the upload and fail no row when rows are named for the columns of the list', async () => {
    const t = setUp({ chunks: [makeChunk(0, names(4))] })
    t.genesys.onSend = () => {
      const rowErrors = [rowError(1, 'genesys-format-mismatch')]
      throw new GenesysFailure('rows_refused', 'sendBatch', { status: 422, rowErrors })
    }
    await t.run()
    const { hold, problem } = t.store.upload
    assert.deepEqual([hold?.reason, problem?.code], ['refusals', 'schema-drift'])
    assert.match(problem?.detail ?? '', /\(note\)/)
    assert.equal(t.store.results.length, 0)
  })

  it('stop the upload when the refusal speaks of the request as a whole, after jobs under way are settled', async () => {
    const t = setUp({ jobs: true, chunks: [makeChunk(0, names(2)), makeChunk(1, names(2, 'd'))] })
    t.genesys.onSend = (_, attempt) => {
      if (attempt === 2) throw new GenesysFailure('refused', 'sendBatch', { status: 400 })
    }
    await t.run()
    assert.equal(t.store.upload.state, 'failed')
    assert.equal(t.store.upload.problem?.code, 'genesys-refused')
    assert.deepEqual(rowsOf(t.store.upload), {
      delivered: 2,
      unchanged: 0,
      failed: 0,
      unprocessed: 2,
    })
  })
})
