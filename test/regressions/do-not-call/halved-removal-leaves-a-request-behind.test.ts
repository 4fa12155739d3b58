import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import type { Store } from '../../../src/store/homes/open-store.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { holdLane, submitEntries as submit } from '../../support/do-not-call/dnc-submissions.ts'
import { audit, ids } from '../../support/stages/store-uploads.ts'

const [ANN, BOB] = ['+14155550101', '+14155550102'] as const
const of = (...subjects: string[]) => subjects.map((subject) => ({ subject }))

/**
 * The request of a removal was halved, and a person of the first half got an entry again. A new
 * request was made for everybody who was left, beside the second half. The second half then stayed
 * open for ever, and an erasure kept the numbers in it.
 */
eachHome('A removal that was halved', (home) => {
  let store: Store
  before(async () => {
    store = await openTestStore(await home.fresh())
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
  })
  after(() => store.close())

  it('sends each half once, if a person of the other half has an entry again', async () => {
    await submit(store, of(ANN, BOB))
    const first = await holdLane(store)
    await first.drain()
    await first.letGo()
    const removal = await submit(store, of(ANN, BOB), { kind: 'remove' })
    const { step, lane, claim, drain, letGo } = await holdLane(store)
    await lane.replace(claim, (await step())!, 'halves', {
      ids: [ids.newUuid(), ids.newUuid()],
      keys: [ids.newUuid(), ids.newUuid()],
      audit: audit('dnc.moved', removal),
    })
    await submit(store, of(ANN))
    assert.deepEqual(await drain(), [
      { action: 'remove', subjects: [BOB] },
      { action: 'add', subjects: [ANN] },
    ])
    await letGo()
    const { rows } = await store.sql.executeSql(
      `select count(*)::int as open from dnc_group where state in ('intended', 'sent')`,
    )
    assert.deepEqual(rows, [{ open: 0 }])
  })
})
