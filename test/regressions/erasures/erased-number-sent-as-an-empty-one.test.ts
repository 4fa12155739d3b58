import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { holdLane, submitEntries as submit } from '../../support/do-not-call/dnc-submissions.ts'
import { erasePhoneOnce } from '../../support/erasures/erase-once.ts'

const [ANN, BOB] = ['+14155550101', '+14155550102'] as const
const of = (...subjects: string[]) => subjects.map((subject) => ({ subject }))

/**
 * Genesys had not answered a request with do-not-call entries yet. Meanwhile a person of the
 * request was removed and then erased. The request was sent again with an empty number, which
 * Genesys refuses together with all other numbers of the request.
 */
eachHome('A number that is erased while its request waits', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  it('stays until the request has ended, also if the person was removed', async () => {
    await submit(store, of(ANN, BOB))
    const { step, lane, claim, drain, letGo } = await holdLane(store, 'guide')
    await lane.recordTry(claim, (await step())!)
    await submit(store, of(ANN), { kind: 'remove' })
    const erased = await erasePhoneOnce(store, ANN)
    assert.deepEqual(erased, { state: 'completed_with_remains', failure: null })
    assert.deepEqual(await drain(), [{ action: 'add', subjects: [ANN, BOB] }])
    await letGo()
  })
})
