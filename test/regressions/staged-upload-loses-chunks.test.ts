import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import type { Store } from '../../src/store/homes/open-store.ts'
import { StagingLost } from '../../src/workflows/ports/uploads/uploads.ts'
import { type OtherSession, openOtherSession } from '../support/databases/blocked.ts'
import { openTestStore, serverHome } from '../support/databases/database.ts'
import { keyDigest } from '../support/stages/sealed-rows.ts'
import { beginUpload, chunkOf, claimKey, ids, stageInput } from '../support/stages/store-uploads.ts'

// The embedded home has only one connection, so two transactions are never open there at the same
// time.
const server = serverHome()
after(() => server.close())

describe('An upload that is given up for dead while it is staged', { skip: server.skip }, () => {
  let store: Store
  let one: OtherSession
  before(async () => {
    const home = await server.fresh()
    assert.ok(home.kind === 'server')
    store = await openTestStore(home)
    one = await openOtherSession(home.url)
  })
  after(async () => {
    await one.close()
    await store.close()
  })

  /**
   * An upload that was received and has shown no sign of life since. It is being staged, and waits
   * for its idempotency key.
   */
  const halfStaged = async () => {
    const uploadId = await beginUpload(store)
    const chunk = chunkOf(0, 2, ['a'])
    await store.uploads.appendChunks(uploadId, [chunk])
    const key = ids.newUuid()
    await claimKey(store, key)
    await one.query(
      `update upload set heartbeat_at = heartbeat_at - interval '1 hour' where id = $1`,
      [uploadId],
    )
    await one.query('begin')
    await one.query('select 1 from idempotency_key where key_digest = $1 for update', [
      keyDigest(store, key),
    ])
    const staged = store.uploads.stage(stageInput(uploadId, chunk, key))
    await one.untilBlocked('idempotency_key')
    return { uploadId, staged }
  }

  it('keeps every chunk when the staging comes first', async () => {
    const { uploadId, staged } = await halfStaged()
    const swept = store.uploads.sweepReceiving(60_000)
    await one.untilBlocked('', 2)
    await one.query('commit')
    assert.equal((await staged).upload.state, 'staged')
    assert.equal(await swept, 0)
    assert.deepEqual((await store.uploads.readChunk(uploadId, 0)).contactIds, ['a'])
  })

  it('keeps every chunk when its own request gives it up', async () => {
    const { uploadId, staged } = await halfStaged()
    const discarded = store.uploads.discard(uploadId)
    await one.untilBlocked('', 2)
    await one.query('commit')
    assert.equal((await staged).upload.state, 'staged')
    await discarded
    assert.deepEqual((await store.uploads.readChunk(uploadId, 0)).contactIds, ['a'])
  })

  it('is not staged when it was given up first', async () => {
    const uploadId = await beginUpload(store)
    const chunk = chunkOf(0, 2, ['a'])
    await store.uploads.appendChunks(uploadId, [chunk])
    const key = ids.newUuid()
    await claimKey(store, key)
    await one.query('begin')
    await one.query('select 1 from chunk where upload_id = $1 for update', [uploadId])
    const discarded = store.uploads.discard(uploadId)
    await one.untilBlocked('delete from chunk')
    const staged = store.uploads.stage(stageInput(uploadId, chunk, key))
    staged.catch(() => undefined)
    await one.untilBlocked('', 2)
    await one.query('commit')
    await discarded
    await assert.rejects(staged, StagingLost)
  })
})
