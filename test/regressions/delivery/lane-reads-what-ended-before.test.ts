import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import type { Store } from '../../../src/store/homes/open-store.ts'
import { copyUploads } from '../../support/databases/copied-uploads.ts'
import { openTestStore, serverHome } from '../../support/databases/database.ts'
import { type Counters, openCounters, readBy } from '../../support/databases/read-counters.ts'
import { stageUpload } from '../../support/stages/store-uploads.ts'

const ENDED = 4_000
const WAITING = 5

const home = serverHome()

// With 300 uploads a second, each look at a lane read every upload that had ended since the last
// vacuum: the index still has their entries.
describe('A lane of which thousands of uploads have ended', { skip: home.skip }, () => {
  let store: Store
  let counters: Counters
  before(async () => {
    const place = await home.fresh()
    assert.ok(place.kind === 'server')
    store = await openTestStore(place)
    const { id } = await stageUpload(store)
    await copyUploads(store, id, `select n from generate_series(1, ${ENDED + WAITING}) n`, {
      ...{ id: `'upl_f' || lpad(made.n::text, 31, '0')`, accepted_seq: 'u.accepted_seq + made.n' },
      file_name: 'null',
    })
    await store.sql.executeSql('vacuum analyze upload')
    await store.sql.executeSql(
      `update upload set state = 'completed', completed_at = now(), rows_delivered = rows_accepted where accepted_seq <= ${ENDED + 1}`,
    )
    counters = await openCounters(place.url)
  })
  after(async () => {
    await counters.close()
    await store.close()
    await home.close()
  })

  it('is read from its oldest upload that waits, once the ended ones were passed', async () => {
    const claim = (await store.lanes.claim('me'))!
    const looks = [() => store.delivery.next(claim), () => store.delivery.waiting(claim, 50)]
    await looks[0]!()
    for (const look of looks) {
      const reads = await readBy({ store, counters }, 'upload', look)
      const read = reads.reduce((sum, one) => sum + one, 0)
      assert.ok(read < 200, `${read} entries and rows`)
    }
  })
})
