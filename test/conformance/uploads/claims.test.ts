import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { keyDigest } from '../../support/stages/sealed-rows.ts'
import {
  beginUpload,
  chunkOf,
  claimKey,
  ids,
  stageInput,
} from '../../support/stages/store-uploads.ts'

eachHome('A claim of an Idempotency-Key', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  it('replays an answer, frees a dead claim and a released one, and keeps a living one', async () => {
    const scope = { tenantId: 'default', method: 'POST', path: '/x', key: 'forms', owner: 'me' }
    assert.equal((await claimKey(store, 'forms')).kind, 'claimed')
    assert.equal((await claimKey(store, 'forms', 'you')).kind, 'in_progress')
    await store.idempotency.release({ ...scope, owner: 'you' })
    assert.equal((await claimKey(store, 'forms', 'you')).kind, 'in_progress')
    await store.idempotency.release(scope)
    assert.equal((await claimKey(store, 'forms', 'you')).kind, 'claimed')
    await store.sql.executeSql(
      `update idempotency_key set heartbeat_at = clock_timestamp() - interval '61 s' where key_digest = $1`,
      [keyDigest(store, 'forms')],
    )
    assert.equal((await claimKey(store, 'forms')).kind, 'claimed')
    const id = await beginUpload(store, 'forms')
    const chunk = chunkOf(0, 2, ['a'])
    await store.uploads.appendChunks(id, [chunk])
    await store.uploads.stage(stageInput(id, chunk, 'forms'))
    assert.deepEqual(await claimKey(store, 'forms', 'you', 0), {
      kind: 'done',
      fingerprint: 'print',
      status: 202,
      body: JSON.stringify({ id }),
      location: `/v1/uploads/${id}`,
    })
  })

  it('gives a claim to one of many that ask at the same time', async () => {
    const key = ids.newUuid()
    const asked = await Promise.all(
      Array.from({ length: 8 }, (_, n) => claimKey(store, key, `o${n}`)),
    )
    assert.equal(asked.filter(({ kind }) => kind === 'claimed').length, 1)
  })
})
