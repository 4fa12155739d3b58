import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { GenesysFailure } from '../../../../src/domain/genesys/genesys-failure.ts'
import { makeChunk } from '../../../support/memory/made-uploads.ts'
import { rowError } from '../../../support/memory/memory-genesys.ts'
import { names } from '../../../support/stages/delivery-run.ts'
import { idsOf, setUp } from './file-delivery.ts'

describe('an upload that goes by file', () => {
  it('sends runs of whole chunks, headerless, and settles each chunk by its slice of the job', async () => {
    const chunks = [makeChunk(0, names(3), { leftOut: [1] }), makeChunk(1, names(2, 'd'))]
    const t = setUp({ chunks })
    t.genesys.onJob = (job) => ({
      ...job,
      failed: 1,
      errors: [rowError(3, 'genesys-date-invalid')],
    })
    await t.run()
    assert.deepEqual(t.genesys.files.map(idsOf), [['c0', 'c2', 'd0', 'd1']])
    assert.equal(t.genesys.files[0]?.csv.toString(), 'c0,a\r\nc2,a\r\nd0,a\r\nd1,a')
    assert.equal(t.store.upload.state, 'completed_with_errors')
    assert.deepEqual(
      t.store.results.map(({ chunkSeq, line, code }) => [chunkSeq, line, code]),
      [[1, 103, 'genesys-date-invalid']],
    )
    assert.deepEqual([...t.store.register.keys()], ['c0', 'c2', 'd0'])
    assert.deepEqual(
      [...t.store.allParts.values()].map(({ state, rows, attempts }) => [state, rows, attempts]),
      [['settled', 4, 1]],
    )
  })

  it('keeps parts under the byte limit, cuts only a chunk that is larger alone, and begins a part when the last is done', async () => {
    const chunks = [0, 1, 2, 3].map((seq) => makeChunk(seq, names(seq === 3 ? 9 : 2, `${seq}x`)))
    const t = setUp({ chunks, fileBytes: 44 })
    let open = 0
    t.genesys.onFile = () => {
      assert.equal(open, 0, 'two parts at once')
      open += 1
    }
    t.genesys.onJob = (job) => {
      open = 0
      return job
    }
    await t.run()
    assert.ok(t.genesys.files.every(({ csv }) => csv.length <= 44))
    assert.deepEqual(
      t.genesys.files.map((file) => file.records.length),
      [4, 2, 5, 4],
    )
    assert.equal(t.store.upload.counts.delivered, 15)
  })

  it('sends a part whose outcome is unknown again: the same id and the same bytes', async () => {
    const t = setUp({ chunks: [makeChunk(0, names(3)), makeChunk(1, names(3, 'd'))] })
    t.genesys.onFile = (_, attempt) => {
      if (attempt > 1) return
      t.rest.abort()
      throw new GenesysFailure('unavailable', 'send-file')
    }
    await t.run()
    assert.equal(t.store.upload.counts.delivered, 0)
    const [first] = t.genesys.files
    const next = setUp({ chunks: [makeChunk(0, names(3)), makeChunk(1, names(3, 'd'))] })
    next.store.upload = t.store.upload
    for (const [id, batch] of t.store.all) next.store.all.set(id, batch)
    for (const [id, part] of t.store.allParts) next.store.allParts.set(id, part)
    await next.run()
    assert.equal(next.genesys.files.length, 1)
    assert.equal(next.genesys.files[0]?.requestId, first?.requestId)
    assert.deepEqual(next.genesys.files[0]?.csv, first?.csv)
    assert.equal(next.store.upload.state, 'completed')
  })

  it('cuts a refused part until the bad row is alone', async () => {
    const t = setUp({ chunks: [makeChunk(0, names(5)), makeChunk(1, names(4, 'd'))] })
    t.genesys.onFile = (file) => {
      if (!idsOf(file).includes('d1')) return
      throw new GenesysFailure('rows_refused', 'send-file', {
        status: 400,
        rowFault: { code: 'genesys-invalid-file-format', field: null },
      })
    }
    await t.run()
    assert.deepEqual(
      t.store.results.map(({ line, outcome, code }) => [line, outcome, code]),
      [[103, 'failed', 'genesys-invalid-file-format']],
    )
    assert.equal(t.store.upload.counts.delivered, 8)
    assert.equal(t.genesys.contacts.has('d1'), false)
    assert.equal(t.store.upload.state, 'completed_with_errors')
  })

  it('takes named rows out of a refused part and sends the rest', async () => {
    const t = setUp({ chunks: [makeChunk(0, names(3)), makeChunk(1, names(3, 'd'))] })
    t.genesys.onFile = (_, attempt) => {
      if (attempt > 1) return
      const rowErrors = [rowError(4, 'genesys-date-invalid')]
      throw new GenesysFailure('rows_refused', 'send-file', { status: 422, rowErrors })
    }
    await t.run()
    assert.equal(t.genesys.files.length, 2)
    assert.equal(t.store.results[0]?.code, 'genesys-date-invalid')
    assert.equal(t.store.upload.counts.delivered, 5)
  })

  it('counts failures without names once, and learns nothing of the part', async () => {
    const t = setUp({ chunks: [makeChunk(0, names(2)), makeChunk(1, names(2, 'd'))] })
    t.genesys.onJob = (job) => ({ ...job, failed: 3 })
    await t.run()
    const { delivered, failed } = t.store.upload.counts
    assert.deepEqual([delivered, failed], [1, 3])
    assert.equal(t.store.upload.problem?.code, 'failed-rows-unidentified')
    assert.equal(t.store.register.size, 0)
  })

  it('learns what became of a part that is out before it is cancelled, and sends nothing', async () => {
    for (const [jobId, outcome] of [
      ['job-1', 'delivered'],
      [null, 'failed'],
    ] as const) {
      const chunks = [makeChunk(0, names(2)), makeChunk(1, names(2, 'd'))]
      const t = setUp({ chunks, fileBytes: 25 })
      t.genesys.onFile = () => {
        t.store.upload = { ...t.store.upload, cancelRequested: true }
        if (jobId === null) throw new GenesysFailure('unavailable', 'send-file')
      }
      await t.run()
      await t.run()
      const { delivered, failed, unprocessed } = t.store.upload.counts
      assert.equal(t.store.upload.state, 'cancelled')
      assert.deepEqual(
        { delivered, failed, unprocessed },
        { delivered: 0, failed: 0, unprocessed: 2, [outcome]: 2 },
      )
      assert.equal(t.genesys.files.length, 1)
    }
  })

  it('sends nothing for rows that are held already', async () => {
    const t = setUp({ chunks: [makeChunk(0, names(2))], upload: { duplicates: 'skip' } })
    for (const id of names(2)) {
      t.store.register.set(id, { contentHash: Buffer.alloc(16), acceptedSeq: 1 })
    }
    await t.run()
    assert.equal(t.genesys.files.length, 0)
    assert.equal(t.store.upload.counts.unchanged, 2)
    assert.equal(t.store.upload.state, 'completed')
  })
})

describe('an upload that goes by callback', () => {
  it('has a header, and a URL of its own for each part', async () => {
    const t = setUp({
      chunks: [makeChunk(0, names(2))],
      method: 'callback',
      duplicateCheckField: 'id',
    })
    await t.run()
    const [file] = t.genesys.files
    assert.equal(file?.csv.toString(), 'id,note\r\nc0,a\r\nc1,a')
    const about = file as unknown as Record<string, unknown>
    assert.equal(about['callbackUrl'], `https://gw.example/cb?token=${file?.requestId}.list-1`)
    assert.deepEqual(
      [about['duplicateCheckField'], about['duplicateCheckBehavior']],
      ['id', 'update'],
    )
    assert.deepEqual([...t.store.register.keys()], ['c0', 'c1'])
  })

  it('learns nothing of content where Genesys may have passed contacts over', async () => {
    for (const about of [
      { duplicateCheckField: 'note' },
      { duplicateCheckField: 'id', upload: { duplicates: 'skip' } as const },
    ]) {
      const t = setUp({ chunks: [makeChunk(0, names(2))], method: 'callback', ...about })
      await t.run()
      assert.equal(t.store.upload.counts.delivered, 2)
      assert.equal(t.store.register.size, 0)
    }
  })
})
