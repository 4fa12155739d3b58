import assert from 'node:assert/strict'
import { it } from 'node:test'

import { createHoldKeeper } from '../../../src/workflows/delivery/look-after-holds.ts'
import { eachHome } from '../../support/databases/database.ts'
import { createLife } from '../../support/gateway/kill-points.ts'
import { createClearedGenesys, LIST } from '../../support/memory/cleared-genesys.ts'
import { FOREVER, overwriteSuite } from '../../support/stages/overwrite-suite.ts'
import {
  beginUpload,
  chunkOf,
  claimKey,
  ids,
  stageInput,
} from '../../support/stages/store-uploads.ts'

eachHome('Overwriting a list that is cleared late', (home) => {
  const at = overwriteSuite(home)
  const { live, play, stage, stride } = at

  for (const [lagMs, emptyBefore] of [
    [2_500, false],
    [2_500, true],
    [8_000, true],
    [45_000, false],
  ] as const) {
    const before = emptyBefore ? 'was empty before' : 'held contacts'
    it(`ends with exactly the new contacts though a list that ${before} is cleared ${lagMs} ms late`, async () => {
      const about = { lagMs, emptyBefore }
      const { taken } = await play('platform', 'batches', FOREVER, about)
      for (let steps = 1; steps <= taken; steps += 2 * stride) {
        await play('platform', 'batches', steps, about)
      }
    })
  }

  it('is held while the list does not become empty, and keeps what comes after from being sent and wiped', async () => {
    const world = createClearedGenesys('platform', FOREVER, () => undefined)
    const { id } = await stage('batches')
    const later = await beginUpload(at.store, LIST)
    await at.store.uploads.appendChunks(later, [chunkOf(0, 2, ['n'])])
    const key = ids.newUuid()
    await claimKey(at.store, key)
    await at.store.uploads.stage(stageInput(later, chunkOf(0, 2, ['n']), key))
    const claim = (await at.store.lanes.claim('me'))!
    await live(claim, world, createLife(FOREVER))
    const upload = (await at.store.uploads.find('default', id))!
    assert.deepEqual(
      [upload.hold?.reason, upload.problem?.code],
      ['list_clearing', 'list-clearing'],
    )
    assert.equal(await at.store.delivery.next(claim), null, 'a later upload is worked')
    assert.deepEqual([...world.genesys.contacts.keys()], ['old-1', 'a'])
    await at.store.lanes.release(claim, 0)
    assert.equal(await at.store.lanes.claim('me'), null, 'the lane is claimed for nothing')
    const keeper = createHoldKeeper({
      holds: at.store.holds,
      contactLists: world.genesys,
      clock: world.clock,
      emit: () => undefined,
      againInMs: 0,
      wake: () => undefined,
    })
    await at.store.sql.executeSql(`update upload set retry_at = now() where id = $1`, [id])
    assert.equal(await keeper.look(), 0)
    world.genesys.contacts.clear()
    assert.equal(await keeper.look(), 1)
    const again = (await at.store.lanes.claim('me'))!
    assert.equal((await at.store.delivery.next(again))?.id, id)
    await live(again, world, createLife(FOREVER))
    assert.equal((await at.store.uploads.find('default', id))?.state, 'completed')
    assert.equal((await at.store.delivery.next(again))?.id, later)
  })

  it('knows whether a later upload was delivered, which clearing would delete', async () => {
    const id = (await stage('batches')).id
    const later = await beginUpload(at.store, LIST)
    await at.store.uploads.appendChunks(later, [chunkOf(0, 2, ['n'])])
    const key = ids.newUuid()
    await claimKey(at.store, key)
    await at.store.uploads.stage(stageInput(later, chunkOf(0, 2, ['n']), key))
    const find = async (uploadId: string) => (await at.store.uploads.find('default', uploadId))!
    assert.equal((await at.store.delivery.clearing(await find(id))).newerDelivered, false)
    await at.store.sql.executeSql(`update upload set rows_delivered = 1 where id = $1`, [later])
    assert.equal((await at.store.delivery.clearing(await find(id))).newerDelivered, true)
    assert.equal((await at.store.delivery.clearing(await find(later))).newerDelivered, false)
  })
})
