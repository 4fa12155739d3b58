import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import { createLaneWorkers } from '../../../src/lanes/lane-worker.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { createContentHashes } from '../../../src/workflows/delivery/content-hashes.ts'
import { createDeliverUpload } from '../../../src/workflows/delivery/deliver-upload.ts'
import { eachHome, lookAtClock, openTestStore } from '../../support/databases/database.ts'
import { createMemoryGenesys } from '../../support/memory/memory-genesys.ts'
import { createMemoryLists } from '../../support/memory/memory-lists.ts'
import { ids, stageUpload } from '../../support/stages/store-uploads.ts'

const LISTS = 60
const WORKED = 4

/**
 * A gateway on `store` without HTTP. Its Genesys ends no job until every list has got its contacts.
 */
const setUp = (store: Store) => {
  const finished = new Set<string>()
  const all = Promise.withResolvers<void>()
  const genesys = createMemoryGenesys({ jobs: true })
  genesys.list = { ...genesys.list, schemaVersion: '1' }
  genesys.list.columns = [{ name: 'phone', kind: 'phone', required: false }]
  genesys.onJob = (job) => (genesys.sent.length < LISTS ? { ...job, state: 'processing' } : job)
  const lanes = createLaneWorkers({
    lanes: store.lanes,
    delivery: store.delivery,
    deliver: createDeliverUpload({
      contactLists: genesys,
      contactFiles: genesys.contactFiles,
      clearContactList: null,
      contactReads: null,
      callbackUrl: null,
      delivery: store.delivery,
      uploads: store.uploads,
      suppressions: store.suppressions,
      lists: createMemoryLists(),
      contentHashes: createContentHashes(store.digestKey),
      clock: systemClock,
      random: () => 0.5,
      ids,
      emit: (name, fields) => {
        if (name !== 'upload.finished' || !('uploadId' in fields)) return
        finished.add(String(fields.uploadId))
        if (finished.size === LISTS) all.resolve()
      },
      retryWindowMs: 3_600_000,
      // If sixty lanes polled all the time, a busy machine would have no time to renew their
      // leases.
      completionPollMs: 250,
      holdRetryMs: 60_000,
    }),
    clock: systemClock,
    emit: () => undefined,
    owner: 'me',
    maxLanes: WORKED,
    maxHeld: LISTS,
    idlePollMs: 50,
  })
  return { genesys, lanes, finished, all: all.promise }
}

eachHome('small uploads to many lists', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
  })
  after(() => store.close())

  it(
    'are all sent while no job has ended, however few lanes are worked at once',
    { timeout: 300_000 },
    async (test) => {
      const t = setUp(store)
      for (let index = 0; index < LISTS; index += 1) await stageUpload(store, { list: `m${index}` })
      lookAtClock(test, store)
      // Stops the lanes even if the test runs out of time, because they would keep the process
      // alive.
      test.after(() => t.lanes.stop(5_000))
      t.lanes.start()
      await t.all
      await t.lanes.stop(5_000)
      assert.equal(t.finished.size, LISTS)
      assert.equal(t.genesys.sent.length, LISTS)
    },
  )

  it('leave lanes that claiming does not look at any more, until there is work again', async () => {
    const { rows } = await store.sql.executeSql(
      `select count(*)::int as n from lane where ready_at < 'infinity' or lease_until is not null`,
    )
    assert.deepEqual(rows, [{ n: 0 }])
    assert.equal(await store.lanes.anyReady(), false)
    await stageUpload(store, { list: 'm7' })
    assert.equal(await store.lanes.anyReady(), true)
    const claim = await store.lanes.claim('me')
    assert.ok(claim)
    assert.equal(claim.key, 'contact_list:m7')
    assert.equal(await store.lanes.anyReady(), false)
    await store.lanes.release(claim, 0)
    assert.equal(await store.lanes.anyReady(), true)
  })

  it('have their leases renewed together, but for one that another took', async () => {
    await stageUpload(store, { list: 'm8' })
    const mine = await store.lanes.claim('me')
    const lost = await store.lanes.claim('me')
    assert.ok(mine && lost)
    await store.sql.executeSql(
      `update lane set fence = fence + 1, nudges = 3 where key = '${lost.key}'`,
    )
    await store.sql.executeSql(`update lane set nudges = 2 where key = '${mine.key}'`)
    const answers = await Promise.all([store.lanes.renew(mine), store.lanes.renew(lost)])
    assert.deepEqual(answers, [{ nudges: 2 }, null])
  })
})
