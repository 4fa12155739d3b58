import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { GenesysFailure } from '../../../src/domain/genesys/genesys-failure.ts'
import { FenceLost } from '../../../src/workflows/ports/delivery/delivery.ts'
import type { JobStatus } from '../../../src/workflows/ports/genesys/genesys.ts'
import { makeChunk } from '../../support/memory/made-uploads.ts'
import { rowError } from '../../support/memory/memory-genesys.ts'
import { names, setUp, rowsOf } from '../../support/stages/delivery-run.ts'

describe('delivering an upload', () => {
  it('sends every row that is not left out once and completes', async () => {
    const t = setUp({
      chunks: [makeChunk(0, names(3), { leftOut: [1] }), makeChunk(1, names(2, 'd'))],
    })
    await t.run()
    assert.equal(t.store.upload.state, 'completed')
    assert.deepEqual([...t.genesys.contacts.keys()], ['c0', 'c2', 'd0', 'd1'])
    assert.deepEqual(rowsOf(t.store.upload), {
      delivered: 4,
      unchanged: 0,
      failed: 0,
      unprocessed: 0,
    })
    const audits = t.store.audits.map(({ action, object }) => `${action} ${object}`)
    assert.equal(audits.length, 5)
    for (const { requestId } of t.genesys.sent) {
      const intended = audits.indexOf(`upload.batch.intended ${requestId}`)
      assert.ok(intended >= 0 && intended < audits.indexOf(`upload.batch.settled ${requestId}`))
    }
    assert.equal(audits.at(-1), `upload.finished ${t.store.upload.id}`)
  })

  it('ends the request under way when the lease ends', async () => {
    const t = setUp({ chunks: [makeChunk(0, names(3))] })
    const reason = new Error('lease over')
    t.genesys.onSend = () => {
      t.lost.abort(reason)
      assert.equal(t.genesys.contexts.at(-1)?.signal.reason, reason)
      throw reason
    }
    await assert.rejects(t.run(), reason)
  })

  it('reads the jobs of batches sent, several of which are under way, before it completes', async () => {
    const t = setUp({ jobs: true, chunks: names(7).map((id, seq) => makeChunk(seq, [id])) })
    let sentAtFirstLook = 0
    t.genesys.onJob = (job, _, look) => {
      if (look === 1) sentAtFirstLook = t.genesys.sent.length
      return look % 2 === 1 ? { ...job, state: 'processing' } : job
    }
    await t.run()
    assert.equal(sentAtFirstLook, 7)
    assert.equal(t.store.upload.state, 'completed')
    assert.equal(t.store.upload.counts.delivered, 7)
  })

  it('asks for a job when the last ones say that it has ended', async () => {
    const t = setUp({ jobs: true, chunks: names(60).map((id, seq) => makeChunk(seq, [id])) })
    const sentAtMs = new Map<string, number>()
    t.genesys.onSend = (_, attempt) => void sentAtMs.set(`job-${attempt}`, t.clock.monotonicMs())
    let looks = 0
    t.genesys.onJob = (job, jobId) => {
      looks += 1
      const tookMs = t.clock.monotonicMs() - sentAtMs.get(jobId)!
      return tookMs < 20_000 ? { ...job, state: 'processing' } : job
    }
    await t.run()
    assert.equal(t.store.upload.counts.delivered, 60)
    assert.ok(looks <= 1.5 * 60, `${looks} looks at 60 jobs`)
  })

  it('maps errors of a job through the rows really sent to their lines', async () => {
    const t = setUp({ jobs: true, chunks: [makeChunk(0, names(4), { leftOut: [0] })] })
    t.genesys.onJob = (job) => ({
      ...job,
      failed: 1,
      errors: [rowError(1, 'genesys-date-invalid')],
    })
    await t.run()
    assert.deepEqual(t.store.results, [
      { line: 4, chunkSeq: 0, outcome: 'failed', code: 'genesys-date-invalid', column: 'note' },
    ])
    assert.equal(t.store.upload.state, 'completed_with_errors')
    assert.equal(t.store.register.has('c2'), false)
    assert.equal(t.store.register.has('c3'), true)
  })

  it('says so when failed rows have no names, and learns nothing of that batch', async () => {
    const t = setUp({ jobs: true, chunks: [makeChunk(0, names(5))] })
    t.genesys.onJob = (job) => ({ ...job, failed: 2 })
    await t.run()
    assert.equal(t.store.upload.problem?.code, 'failed-rows-unidentified')
    assert.deepEqual(rowsOf(t.store.upload), {
      delivered: 3,
      unchanged: 0,
      failed: 2,
      unprocessed: 0,
    })
    assert.equal(t.store.register.size, 0)
  })

  it('sends a batch again under the same id when its job failed as a whole, and only then fails its rows', async () => {
    const t = setUp({ jobs: true, chunks: [makeChunk(0, names(2))] })
    t.genesys.onJob = (job, _, look) => (look === 1 ? { ...job, state: 'failed' } : job)
    await t.run()
    assert.equal(t.genesys.sent.length, 2)
    assert.equal(t.genesys.sent[0]!.requestId, t.genesys.sent[1]!.requestId)
    assert.equal(t.store.upload.state, 'completed')
    const again = setUp({ jobs: true, chunks: [makeChunk(0, names(2))] })
    again.genesys.onJob = (job) => ({ ...job, state: 'failed' })
    await again.run()
    assert.equal(again.genesys.sent.length, 2)
    assert.deepEqual(
      again.store.results.map(({ code }) => code),
      ['genesys-job-failed', 'genesys-job-failed'],
    )
  })

  it('fails when Genesys ingested none of it, and is completed with errors when a row of it arrived', async () => {
    const outcomeOf = async (ofJob: (job: JobStatus, jobId: string) => JobStatus) => {
      const t = setUp({ jobs: true, chunks: [makeChunk(0, names(2)), makeChunk(1, names(2, 'd'))] })
      t.genesys.onJob = ofJob
      await t.run()
      const { state, problem } = t.store.upload
      return [state, problem?.code ?? null]
    }
    const failed = { state: 'failed', processed: 0, failed: 2, errors: [] } as const
    assert.deepEqual(await outcomeOf(() => failed), ['failed', 'genesys-job-failed'])
    const lost = () => {
      throw new GenesysFailure('not_found', 'readJob', { status: 404 })
    }
    assert.deepEqual(await outcomeOf(lost), ['failed', 'genesys-job-failed'])
    const first = await outcomeOf((job, jobId) => (jobId === 'job-1' ? job : failed))
    assert.deepEqual(first, ['completed_with_errors', null])
    const named = (job: JobStatus) => ({ ...job, failed: 2, errors: [rowError(0), rowError(1)] })
    assert.deepEqual(await outcomeOf(named), ['completed_with_errors', null])
  })

  it('skips identical content, and sends it all the same when the list was cleared', async () => {
    const first = setUp({ chunks: [makeChunk(0, names(3))] })
    await first.run()
    for (const [size, sent] of [
      [null, 0],
      [3, 0],
      [2, 1],
    ] as const) {
      const t = setUp({ chunks: [makeChunk(0, names(3))], upload: { acceptedSeq: 6 } })
      t.store.register = new Map(first.store.register)
      t.genesys.list = { ...t.genesys.list, size }
      await t.run()
      assert.equal(t.genesys.sent.length, sent)
      assert.equal(t.store.upload.counts.unchanged, sent === 0 ? 3 : 0)
      assert.equal(t.store.upload.state, 'completed')
    }
  })

  it('skips known ids with duplicates=skip and sends everything with duplicates=ignore', async () => {
    for (const [duplicates, expected] of [
      ['skip', ['c2']],
      ['update', ['c0', 'c1', 'c2']],
      ['ignore', ['c0', 'c1', 'c2']],
    ] as const) {
      const t = setUp({
        chunks: [makeChunk(0, names(3), { content: 'new' })],
        upload: { duplicates },
      })
      for (const id of ['c0', 'c1']) {
        t.store.register.set(id, { contentHash: Buffer.alloc(16), acceptedSeq: 1 })
      }
      await t.run()
      assert.deepEqual(t.genesys.sent[0]!.contactIds, expected)
    }
  })

  it('never sends a row that a later upload has brought to Genesys', async () => {
    const t = setUp({ chunks: [makeChunk(0, names(2))], upload: { duplicates: 'ignore' } })
    t.store.register.set('c0', { contentHash: Buffer.alloc(16), acceptedSeq: 6 })
    await t.run()
    assert.deepEqual([...t.genesys.contacts.keys()], ['c1'])
    assert.equal(t.store.results[0]!.code, 'superseded')
    assert.equal(t.store.upload.state, 'completed_with_errors')
  })

  it('holds as genesys_unavailable after 24 h of outage, and never fails', async () => {
    const t = setUp({ chunks: [makeChunk(0, names(2))] })
    t.genesys.onSend = () => {
      throw new GenesysFailure('unavailable', 'sendBatch', { status: 503 })
    }
    await t.run()
    assert.equal(t.store.upload.hold?.reason, 'genesys_unavailable')
    assert.equal(t.store.retryInMs, 60_000)
    assert.ok(t.clock.elapsedMs() > 23.9 * 3_600_000)
    assert.equal(new Set(t.genesys.sent.map(({ requestId }) => requestId)).size, 1)
  })

  it('says what the lane waits for while Genesys does not answer, and that it no longer does', async () => {
    const t = setUp({ chunks: [makeChunk(0, names(2))] })
    let refused = 0
    t.genesys.onSend = () => {
      if ((refused += 1) < 4) throw new GenesysFailure('unavailable', 'sendBatch', { status: 503 })
    }
    await t.run()
    assert.equal(t.store.upload.state, 'completed')
    assert.deepEqual(t.store.waits, [...Array<string>(3).fill('genesys_unavailable'), null])
  })

  it('says nothing of waiting where nothing is waited for', async () => {
    const t = setUp({ chunks: [makeChunk(0, names(2))] })
    await t.run()
    assert.deepEqual(t.store.waits, [])
  })

  it('resumes after a crash: settled batches stay, sent ones are asked for, unknown ones go under their id', async () => {
    const chunks = names(3).map((id, seq) => makeChunk(seq, [id]))
    const t = setUp({ jobs: true, chunks })
    t.genesys.onSend = (_, attempt) => {
      if (attempt === 3) t.lost.abort(new FenceLost('crash'))
    }
    const settle = t.store.settle
    t.store.settle = async () => assert.fail('the first run settles nothing')
    await assert.rejects(t.run(), FenceLost)
    t.store.settle = settle
    const unknown = [...t.store.all.values()].find(({ chunkSeq }) => chunkSeq === 2)!
    unknown.jobId = null
    const second = setUp({ jobs: true, chunks })
    second.store.all = t.store.all
    const known = new Set<string>()
    second.genesys.readJob = async (jobId) => {
      known.add(jobId)
      return { state: 'completed', processed: 1, failed: 0, errors: [] }
    }
    await second.run()
    assert.deepEqual([...known].toSorted(), ['job-1', 'job-2'].toSorted())
    assert.deepEqual(
      second.genesys.sent.map(({ requestId }) => requestId),
      [unknown.id],
    )
    assert.equal(second.store.upload.counts.delivered, 3)
  })

  it('takes superseded rows out of a batch whose outcome is unknown', async () => {
    const t = setUp({ chunks: [makeChunk(0, names(3))] })
    t.genesys.onSend = () => {
      throw new GenesysFailure('unavailable', 'sendBatch')
    }
    await t.run()
    t.store.upload = { ...t.store.upload, state: 'delivering', hold: null }
    t.store.register.set('c1', { contentHash: Buffer.alloc(16), acceptedSeq: 9 })
    t.genesys.onSend = () => undefined
    await t.run()
    assert.deepEqual(t.genesys.sent.at(-1)!.contactIds, ['c0', 'c2'])
    assert.deepEqual(rowsOf(t.store.upload), {
      delivered: 2,
      unchanged: 0,
      failed: 0,
      unprocessed: 1,
    })
  })

  it('rests between two batches when the caller pauses the upload or the worker stops', async () => {
    const t = setUp({ chunks: names(3).map((id, seq) => makeChunk(seq, [id])) })
    t.genesys.onSend = (_, attempt) => {
      if (attempt === 1) t.store.upload = { ...t.store.upload, state: 'paused' }
      if (attempt === 2) t.rest.abort()
    }
    await t.run()
    assert.equal(t.genesys.sent.length, 1)
    t.store.upload = { ...t.store.upload, state: 'delivering' }
    await t.run()
    assert.equal(t.genesys.sent.length, 2)
    assert.equal(t.store.upload.counts.delivered, 2)
    assert.equal(t.store.upload.state, 'delivering')
  })

  it('leaves the upload as the caller put it when it is paused in the moment in which it would end', async () => {
    const t = setUp({ chunks: [makeChunk(0, names(1))] })
    const { finish } = t.store
    t.store.finish = async (claim, input) => {
      t.store.upload = { ...t.store.upload, state: 'paused' }
      return finish(claim, input)
    }
    await t.run()
    assert.equal(t.store.upload.state, 'paused')
    assert.ok(!t.events.includes('upload.finished'))
  })
})
