import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { GenesysFailure } from '../../../src/domain/genesys/genesys-failure.ts'
import { makeChunk } from '../../support/memory/made-uploads.ts'
import { names, setUp } from '../../support/stages/delivery-run.ts'

describe('the list before delivery', () => {
  it('fails an upload whose columns changed since, and sends nothing', async () => {
    const t = setUp({ chunks: [makeChunk(0, names(2))] })
    t.genesys.list = { ...t.genesys.list, schemaVersion: 'v2' }
    await t.run()
    assert.equal(t.store.upload.state, 'failed')
    assert.equal(t.store.upload.problem?.code, 'schema-drift')
    assert.equal(t.store.upload.counts.unprocessed, 2)
    assert.equal(t.genesys.sent.length, 0)
  })

  it('waits while the list is indexed, holds past a minute, and holds a list in error for a person', async () => {
    const waits = setUp({ chunks: [makeChunk(0, names(1))] })
    let looks = 0
    waits.genesys.onRead = () => {
      looks += 1
      waits.genesys.list = { ...waits.genesys.list, status: looks > 3 ? 'ready' : 'processing' }
    }
    await waits.run()
    assert.equal(waits.store.upload.state, 'completed')
    for (const [status, reason, retryInMs] of [
      ['processing', 'list_not_ready', 60_000],
      ['error', 'list_error', null],
    ] as const) {
      const t = setUp({ chunks: [makeChunk(0, names(1))] })
      t.genesys.list = { ...t.genesys.list, status }
      await t.run()
      assert.equal(t.store.upload.hold?.reason, reason)
      assert.equal(t.store.retryInMs, retryInMs)
    }
  })

  it('fails with a problem when Genesys does not know the list or denies us', async () => {
    for (const [kind, code] of [
      ['not_found', 'contact-list-gone'],
      ['forbidden', 'genesys-refused'],
    ] as const) {
      const t = setUp({ chunks: [makeChunk(0, names(1))] })
      t.genesys.onRead = () => {
        throw new GenesysFailure(kind, 'readContactList')
      }
      await t.run()
      assert.equal(t.store.upload.state, 'failed')
      assert.equal(t.store.upload.problem?.code, code)
    }
  })

  it('waits while Genesys refuses our credentials, at the list and at a batch', async () => {
    for (const at of ['onRead', 'onSend'] as const) {
      const t = setUp({ chunks: [makeChunk(0, names(1))] })
      t.genesys[at] = () => {
        throw new GenesysFailure('unauthorized', at)
      }
      await t.run()
      assert.equal(t.store.upload.hold?.reason, 'genesys_unavailable')
      assert.equal(t.store.retryInMs, 60_000)
    }
  })
})
