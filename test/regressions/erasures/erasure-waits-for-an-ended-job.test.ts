import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { GenesysFailure } from '../../../src/domain/genesys/genesys-failure.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { createEraseSubject } from '../../../src/workflows/erasures/erase-subject.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { CALLER, createWorkingGateway } from '../../support/gateway/working-gateway.ts'
import { type MemoryGenesys, rowError } from '../../support/memory/memory-genesys.ts'
import { audit, claimKey, ids } from '../../support/stages/store-uploads.ts'

/** More failed jobs than the lane's budget pays for, so that the upload is held. */
const ROWS = 180

/**
 * The upload was held because jobs failed in Genesys. The request of the last job stayed open, so
 * that the upload can send its rows again. An erasure took this request for one whose result is not
 * known, and waited until a person resumed or cancelled the upload.
 */
eachHome('An erasure of a person whose rows were in a job that has ended', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  const gatewayWith = (onJob: MemoryGenesys['onJob']) => {
    const listId = `list-${ids.newUuid()}`
    const g = createWorkingGateway(store, listId, { jobs: true })
    g.genesys.onJob = onJob
    return { ...g, listId }
  }

  /** Works once on an erasure of this contact. Returns how it then stands. */
  const erase = async (contactListId: string, contactId: string) => {
    const [id, key] = [ids.newId('era'), ids.newUuid()]
    await claimKey(store, key)
    await store.erasures.ask({
      ...{ id, tenantId: 'default', actor: 'key_1', audit: audit('erasure.accepted', id) },
      subject: { kind: 'contact', contactListId, value: contactId },
      scope: { tenantId: 'default', method: 'POST', path: '/x', key, owner: 'me' },
      answerOf: () => ({ fingerprint: 'print', status: 202, body: '{}', location: null }),
    })
    await store.sql.executeSql(`update erasure set ready_at = 'infinity' where id <> '${id}'`)
    const work = await store.erasures.claim('me')
    assert.ok(work !== null)
    const eraseSubject = createEraseSubject({
      erasures: store.erasures,
      contacts: { erase: async () => 'deleted' },
      ...{ clock: systemClock, ids, emit: () => {}, random: () => 1 },
    })
    const lease = { signal: new AbortController().signal, assertHeld: () => {} }
    await eraseSubject(work, lease)
    const { state, failure } = (await store.erasures.find('default', id))!
    return { state, failure }
  }
  const COMPLETED = { state: 'completed', failure: null }
  const WAITING = { state: 'waiting', failure: 'rows_on_their_way' }

  for (const delivery of ['batches', 'file'] as const) {
    it(`ends while the upload is held, because the job refused the columns (${delivery})`, async () => {
      const errors = [rowError(0, 'genesys-unknown-column')]
      const g = gatewayWith((job, jobId) =>
        jobId === 'job-1' ? { ...job, failed: 1, errors } : job,
      )
      const { id } = await g.upload(
        [
          { id: 'a', note: 'x' },
          { id: 'b', note: 'x' },
        ],
        { delivery },
      )
      await g.work()
      assert.equal((await g.find(id)).hold?.reason, 'refusals')
      assert.deepEqual(await erase(g.listId, 'a'), COMPLETED)
      g.genesys.contacts.clear()
      await g.control({ caller: CALLER, uploadId: id, action: 'resume' })
      await g.work()
      assert.equal((await g.find(id)).state, 'completed')
      assert.deepEqual([...g.genesys.contacts.keys()], ['b'], 'the erased row is not sent again')
    })
  }

  it('ends while the upload is held, because too many jobs failed as a whole', async () => {
    const g = gatewayWith((job) => ({ ...job, state: 'failed' }))
    const rows = Array.from({ length: ROWS }, (_, row) => ({ id: `c${row}`, note: 'x' }))
    const { id } = await g.upload(rows)
    await g.work()
    assert.equal((await g.find(id)).hold?.reason, 'refusals')
    const open = (await store.delivery.batches(id)).filter(({ state }) => state === 'sent')
    assert.ok(open.length > 0)
    for (const { chunkSeq, fromRow } of open) {
      const { contactIds } = await store.uploads.readChunk(id, chunkSeq)
      assert.deepEqual(await erase(g.listId, contactIds[fromRow]!), COMPLETED)
    }
  })

  it('still waits while the upload is held, because Genesys does not find the jobs', async () => {
    const g = gatewayWith(() => {
      throw new GenesysFailure('not_found', 'readJob', { status: 404 })
    })
    const rows = Array.from({ length: ROWS }, (_, row) => ({ id: `c${row}`, note: 'x' }))
    const { id } = await g.upload(rows)
    await g.work()
    assert.equal((await g.find(id)).hold?.reason, 'refusals')
    const open = (await store.delivery.batches(id)).find(({ state }) => state === 'sent')!
    const { contactIds } = await store.uploads.readChunk(id, open.chunkSeq)
    assert.deepEqual(await erase(g.listId, contactIds[open.fromRow]!), WAITING)
  })

  it('still waits if the upload was paused before Genesys reported the job', async () => {
    const pauses: Promise<unknown>[] = []
    const g = gatewayWith((job) => {
      if (pauses.length === 0) {
        pauses.push(g.control({ caller: CALLER, uploadId: id, action: 'pause' }))
      }
      return { ...job, state: 'processing' }
    })
    const { id } = await g.upload([{ id: 'a', note: 'x' }])
    await g.work()
    await Promise.all(pauses)
    assert.equal((await g.find(id)).state, 'paused')
    assert.deepEqual(await erase(g.listId, 'a'), WAITING)
  })

  it('waits again once the upload has sent its rows in another job', async () => {
    const errors = [rowError(0, 'genesys-unknown-column')]
    const pauses: Promise<unknown>[] = []
    const g = gatewayWith((job) => {
      if (g.genesys.sent.length === 1) return { ...job, failed: 1, errors }
      if (pauses.length === 0) {
        pauses.push(g.control({ caller: CALLER, uploadId: id, action: 'pause' }))
      }
      return { ...job, state: 'processing' }
    })
    const { id } = await g.upload([{ id: 'a', note: 'x' }])
    await g.work()
    await g.control({ caller: CALLER, uploadId: id, action: 'resume' })
    await g.work()
    await Promise.all(pauses)
    assert.equal((await g.find(id)).state, 'paused')
    assert.equal(g.genesys.sent.length, 2)
    assert.deepEqual(await erase(g.listId, 'a'), WAITING)
  })
})
