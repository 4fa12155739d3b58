import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { uploadOptionsSchema } from '../../../src/domain/uploads/upload-options.ts'
import type { Upload } from '../../../src/domain/uploads/upload.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import {
  beginUpload,
  chunkOf,
  claimKey,
  ids,
  stageInput,
} from '../../support/stages/store-uploads.ts'

const HOUR_MS = 3_600_000

/**
 * The database's clock was set ahead by a day, and the gateway's clock is right. An upload whose
 * time comes in twelve hours was staged without a hold, because its time had passed by the
 * database's clock. Its people were then called half a day before the time that the caller named.
 */
eachHome('While the clock is in doubt', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    await store.sql.executeSql(
      `update database_clock set doubted_from = clock_timestamp() - interval '1 day', off_ms = 86400000`,
    )
  })
  after(() => store.close())

  const stage = async (apply: 'auto' | 'manual'): Promise<Upload> => {
    const id = await beginUpload(store, `list-${apply}`)
    const chunk = chunkOf(0, 2, ['a'])
    await store.uploads.appendChunks(id, [chunk])
    const key = ids.newUuid()
    await claimKey(store, key)
    const notBefore = new Date(Date.now() - 12 * HOUR_MS).toISOString()
    const options = uploadOptionsSchema.parse({ apply, notBefore })
    return (await store.uploads.stage({ ...stageInput(id, chunk, key), options })).upload
  }
  const stateOf = ({ state, hold }: Upload) => [state, hold?.reason]

  it('an upload waits for its time, although the clock says that it has come', async () => {
    const { id, ...staged } = await stage('auto')
    assert.deepEqual(stateOf(staged as Upload), ['held', 'not_before'])
    await store.lanes.wakeHeld()
    assert.deepEqual(stateOf((await store.uploads.find('default', id))!), ['held', 'not_before'])
    await store.clock.confirm()
    await store.lanes.wakeHeld()
    assert.equal((await store.uploads.find('default', id))!.state, 'staged')
  })
})
