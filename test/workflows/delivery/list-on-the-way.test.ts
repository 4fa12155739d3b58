import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

import { GenesysFailure } from '../../../src/domain/genesys/genesys-failure.ts'
import { makeChunk } from '../../support/memory/made-uploads.ts'
import { names, setUp } from '../../support/stages/delivery-run.ts'

describe('a list that is full', () => {
  const setUpFull = (size: number, about: Parameters<typeof setUp>[0]['upload'] = {}) => {
    const t = setUp({
      chunks: [makeChunk(0, names(3)), makeChunk(1, names(2, 'd'))],
      upload: about,
    })
    t.genesys.list = { ...t.genesys.list, size }
    Object.assign(t.genesys.limits, { listContacts: 10 })
    return t
  }

  it('is sent nothing of what it has no room for, and only new contacts need room', async () => {
    const t = setUpFull(7)
    t.store.register.set('c0', { contentHash: Buffer.alloc(16), acceptedSeq: 1 })
    await t.run()
    const { state, problem } = t.store.upload
    assert.deepEqual([state, problem?.code], ['failed', 'contact-list-full'])
    assert.match(
      problem?.detail ?? '',
      /holds 7 contacts and can hold at most 10\. The upload adds 4/,
    )
    assert.equal(t.genesys.sent.length, 0)
    const fits = setUpFull(7)
    for (const id of ['c0', 'd1'])
      fits.store.register.set(id, { contentHash: Buffer.alloc(16), acceptedSeq: 1 })
    await fits.run()
    assert.equal(fits.store.upload.state, 'completed')
  })

  it('that is overwritten has room for as many as it may hold', async () => {
    const t = setUpFull(10, { mode: 'overwrite' })
    await t.run()
    assert.notEqual(t.store.upload.problem?.code, 'contact-list-full')
    const full = setUpFull(10, { mode: 'overwrite' })
    Object.assign(full.genesys.limits, { listContacts: 4 })
    await full.run()
    const detail = 'The upload overwrites the list with 5 contacts. The list can hold at most 4.'
    assert.deepEqual(full.store.upload.problem?.detail, detail)
  })

  it('that says so itself gives the upload its problem, and rows their code', async () => {
    const t = setUp({ chunks: [makeChunk(0, names(3))] })
    t.genesys.onSend = () => {
      const rowFault = { code: 'contact-list-full', field: null } as const
      throw new GenesysFailure('refused', 'sendBatch', { status: 400, rowFault })
    }
    await t.run()
    assert.deepEqual(
      [t.store.upload.state, t.store.upload.problem?.code],
      ['failed', 'contact-list-full'],
    )
  })
})

describe('a list that changes while it is delivered to', () => {
  it('is read before a batch that it refused with 409 goes again, and gets nothing more when it is in error', async () => {
    const t = setUp({ chunks: [makeChunk(0, names(2))] })
    t.genesys.onSend = () => {
      t.genesys.list = { ...t.genesys.list, status: 'error' }
      throw new GenesysFailure('conflict', 'sendBatch', { status: 409 })
    }
    const before = t.clock.elapsedMs()
    await t.run()
    assert.equal(t.store.upload.hold?.reason, 'list_error')
    assert.deepEqual([t.genesys.sent.length, t.clock.elapsedMs() - before], [1, 0])
  })

  it('gets nothing more a minute after it turned to error, and at once when a job failed', async () => {
    for (const [jobState, mostSeconds] of [
      ['completed', 60],
      ['failed', 0],
    ] as const) {
      const chunks = names(200).map((id, seq) => makeChunk(seq, [id]))
      const t = setUp({ chunks, jobs: true })
      let turnedMs = 0
      let lastMs = 0
      t.genesys.onSend = (_, attempt) => {
        void t.clock.sleep(1_000)
        lastMs = t.clock.elapsedMs()
        if (attempt !== 20) return
        turnedMs = lastMs
        t.genesys.list = { ...t.genesys.list, status: 'error' }
        t.genesys.onJob = (job) => ({ ...job, state: jobState })
      }
      await t.run()
      assert.equal(t.store.upload.hold?.reason, 'list_error')
      assert.ok(lastMs - turnedMs <= mostSeconds * 1_000 + 15_000, `${lastMs - turnedMs} ms later`)
      assert.ok(t.genesys.sent.length < 200)
    }
  })
})
