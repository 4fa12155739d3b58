import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import type { Store } from '../../../src/store/homes/open-store.ts'
import { StagingLost } from '../../../src/workflows/ports/uploads/uploads.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { beginUpload, chunkOf, claimKey, stageInput } from '../../support/stages/store-uploads.ts'

const KEY = 'the key'

/**
 * A call that had stood still for more than a minute lost its Idempotency-Key to the caller's next
 * try. When it went on, it still staged its file, and answered the claim of this next try. The
 * caller, who may have sent a corrected file, was refused, and later calls with the key too.
 */
eachHome('A call that has lost its Idempotency-Key to the next try', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  const prepared = async (owner: string) => {
    const id = await beginUpload(store)
    const chunk = chunkOf(0, 2, ['a'], 0)
    await store.uploads.appendChunks(id, [chunk])
    const input = stageInput(id, chunk, KEY)
    return { ...input, claim: { ...input.claim, owner } }
  }

  it('stages nothing, and the next try is accepted', async () => {
    const first = await prepared('first')
    const second = await prepared('second')
    assert.equal((await claimKey(store, KEY, 'first')).kind, 'claimed')
    assert.equal((await claimKey(store, KEY, 'second', 0)).kind, 'claimed')
    await assert.rejects(store.uploads.stage(first), StagingLost)
    const { upload } = await store.uploads.stage(second)
    assert.equal(upload.id, second.uploadId)
  })
})
