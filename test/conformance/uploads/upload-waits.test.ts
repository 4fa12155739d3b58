import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { stageUpload } from '../../support/stages/store-uploads.ts'

eachHome('What an upload in its lane waits for', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
  })
  after(() => store.close())

  const waitOf = async (uploadId: string): Promise<string | null> =>
    (await store.uploads.find('default', uploadId))?.waitingFor?.reason ?? null

  it('is what the holder of the lane says, for all uploads in it, until it takes that back', async () => {
    const [first, second] = [
      await stageUpload(store, { list: 'a' }),
      await stageUpload(store, { list: 'a' }),
    ]
    assert.equal(await waitOf(first.id), null)
    assert.equal(await waitOf(second.id), 'earlier_uploads')
    const claim = await store.lanes.claim('me')
    assert.equal(claim?.key, first.laneKey)
    await store.delivery.noteWait(claim, 'genesys_unavailable')
    const said = await store.uploads.find('default', first.id)
    assert.equal(said?.waitingFor?.reason, 'genesys_unavailable')
    assert.equal(said.version, first.version)
    assert.equal(await waitOf(second.id), 'genesys_unavailable')
    await store.delivery.noteWait(claim, 'genesys_unavailable')
    const again = await store.uploads.find('default', first.id)
    assert.equal(again?.waitingFor?.since, said.waitingFor?.since)
    const page = await store.uploads.list('default', { limit: 10, cursor: null })
    assert.deepEqual(
      page?.items.map(({ waitingFor }) => waitingFor?.reason),
      ['genesys_unavailable', 'genesys_unavailable'],
    )
    await store.delivery.noteWait(claim, null)
    assert.deepEqual([await waitOf(first.id), await waitOf(second.id)], [null, 'earlier_uploads'])
  })

  it('is not believed for ever, nor of a holder that lost the lane', async () => {
    const { id, laneKey } = await stageUpload(store, { list: 'b' })
    const claim = (await store.lanes.claim('me'))!
    assert.equal(claim.key, laneKey)
    await store.delivery.noteWait({ ...claim, fence: claim.fence + 1 }, 'list_not_ready')
    assert.equal(await waitOf(id), null)
    await store.delivery.noteWait(claim, 'list_not_ready')
    assert.equal(await waitOf(id), 'list_not_ready')
    await store.sql.executeSql(`update lane set waits_until = clock_timestamp() where key = $1`, [
      laneKey,
    ])
    assert.equal(await waitOf(id), null)
  })

  it('is nothing for an upload that is held: its hold says it', async () => {
    const { id, laneKey } = await stageUpload(store, { list: 'c' })
    const claim = (await store.lanes.claim('me'))!
    assert.equal(claim.key, laneKey)
    await store.delivery.noteWait(claim, 'genesys_unavailable')
    await store.sql.executeSql(
      `update upload set state = 'held', hold_reason = 'apply', hold_since = clock_timestamp(), held_from = 'staged' where id = $1`,
      [id],
    )
    assert.equal(await waitOf(id), null)
    const { uploads } = store
    assert.equal(await uploads.countHeld('default', ['refusals', 'apply']), 1)
    assert.equal(await uploads.countHeld('default', ['refusals']), 0)
    assert.equal(await uploads.countHeld('other', ['apply']), 0)
  })
})
