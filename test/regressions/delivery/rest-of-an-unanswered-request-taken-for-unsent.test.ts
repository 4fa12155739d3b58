import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { CALLER, Crash, createWorkingGateway } from '../../support/gateway/working-gateway.ts'
import { ids } from '../../support/stages/store-uploads.ts'

/**
 * The answer to a request was lost. Before the next try, a row was taken out of the request,
 * because a later upload had delivered its contact. The rest got a new id, and the store forgot
 * that it had been sent. An upload cancelled before that try reported these rows as unsent,
 * although Genesys had them.
 */
eachHome('The rest of a request whose answer was lost', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  for (const delivery of ['batches', 'file'] as const) {
    it(`is not reported as unsent if the upload is cancelled then (${delivery})`, async () => {
      const g = createWorkingGateway(store, `list-${ids.newUuid()}`, { jobs: true })
      const control = (uploadId: string, action: 'pause' | 'resume' | 'cancel') =>
        g.control({ caller: CALLER, uploadId, action })
      const die = (): never => {
        throw new Crash()
      }
      Object.assign(g.genesys, { onSend: die, onFile: die })
      const rows = ['a', 'b', 'c'].map((id) => ({ id, note: 'old' }))
      const upload = await g.upload(rows, { delivery })
      await g.work()
      Object.assign(g.genesys, { onSend: () => {}, onFile: () => {} })
      await control(upload.id, 'pause')
      await g.upload([{ id: 'a', note: 'new' }])
      await g.work()
      await control(upload.id, 'resume')
      // The next try is about to be recorded, and the row has been taken out.
      const { splitPart, split } = store.delivery
      const pause = async (): Promise<void> => void (await control(upload.id, 'pause'))
      const delivering = store.delivery as Pick<typeof store.delivery, 'split' | 'splitPart'>
      delivering.split = (...args) => split(...args).then(pause)
      delivering.splitPart = (...args) => splitPart(...args).then(pause)
      await g.work().finally(() => Object.assign(delivering, { split, splitPart }))
      assert.equal((await g.find(upload.id)).state, 'paused')
      await control(upload.id, 'cancel')
      await g.work()
      const { state, counts } = await g.find(upload.id)
      assert.deepEqual([state, counts.failed, counts.unprocessed], ['cancelled', 3, 0])
      const ledger = await store.uploads.ledger(upload.id, { outcomes: [], afterLine: 0, limit: 9 })
      assert.deepEqual(
        ledger.rows.map(({ code }) => code),
        ['outcome-unknown', 'outcome-unknown', 'outcome-unknown'],
      )
    })
  }
})
