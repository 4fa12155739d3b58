import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { GenesysFailure } from '../../../../src/domain/genesys/genesys-failure.ts'
import { makeChunk } from '../../../support/memory/made-uploads.ts'
import { names } from '../../../support/stages/delivery-run.ts'
import { idsOf, setUp } from './file-delivery.ts'

describe('an upload that overwrites', () => {
  const overwrite = { mode: 'overwrite' as const }

  it('wipes with the first file alone, which has the header, and appends the rest', async () => {
    const chunks = [makeChunk(0, names(2)), makeChunk(1, names(2, 'd'))]
    const t = setUp({ chunks, upload: overwrite, fileBytes: 25 })
    t.genesys.contacts.set('old', 'old')
    await t.run()
    assert.deepEqual(
      t.genesys.files.map(({ mode, csv }) => [mode, csv.toString().startsWith('id,note')]),
      [
        ['overwrite', true],
        ['append', false],
      ],
    )
    assert.deepEqual([...t.genesys.contacts.keys()], ['c0', 'c1', 'd0', 'd1'])
    assert.equal(t.store.cleared.state, 'done')
  })

  it('does not clear what a later upload has brought', async () => {
    const t = setUp({ chunks: [makeChunk(0, names(2))], upload: overwrite })
    t.store.cleared.newerDelivered = true
    await t.run()
    assert.equal(t.store.upload.state, 'failed')
    assert.equal(t.store.upload.problem?.code, 'overwrite-superseded')
    assert.equal(t.genesys.files.length, 0)
  })

  it('supersedes uploads that were accepted before', async () => {
    const t = setUp({ chunks: [makeChunk(0, names(2))] })
    t.store.cleared.clearedSeq = t.store.upload.acceptedSeq! + 1
    await t.run()
    assert.equal(t.genesys.files.length, 0)
    assert.equal(t.store.upload.counts.unprocessed, 2)
    assert.deepEqual([...new Set(t.store.results.map(({ code }) => code))], ['superseded'])
  })

  it('reads the list after an unknown outcome, and wipes again only if it did not happen', async () => {
    for (const executed of [true, false]) {
      const t = setUp({ chunks: [makeChunk(0, names(2))], upload: overwrite })
      for (const id of names(5, 'old')) t.genesys.contacts.set(id, 'old')
      t.genesys.list = {
        ...t.genesys.list,
        get size() {
          return t.genesys.contacts.size
        },
      }
      t.genesys.onFile = (file, attempt) => {
        if (attempt > 1) return
        if (executed) {
          t.genesys.contacts.clear()
          for (const id of idsOf(file)) t.genesys.contacts.set(id, id)
        }
        throw new GenesysFailure('unavailable', 'send-file')
      }
      await t.run()
      const modes = t.genesys.files.map(({ mode }) => mode)
      assert.deepEqual(modes, ['overwrite', executed ? 'append' : 'overwrite'])
      assert.deepEqual([...t.genesys.contacts.keys()], ['c0', 'c1'])
    }
  })

  it('appends nothing when the wiping request fails twice', async () => {
    const chunks = [makeChunk(0, names(2)), makeChunk(1, names(2, 'd'))]
    const t = setUp({ chunks, upload: overwrite, fileBytes: 25 })
    t.genesys.onJob = (job) => ({ ...job, state: 'failed' })
    await t.run()
    assert.equal(t.store.upload.problem?.code, 'overwrite-failed')
    assert.deepEqual(
      t.store.audits
        .filter(({ action }) => action === 'list.cleared')
        .map(({ outcome }) => outcome),
      ['intended', 'failed'],
    )
    assert.equal(t.genesys.files.length, 2)
    assert.ok(!t.genesys.files.some(({ mode }) => mode === 'append'))
  })
})
