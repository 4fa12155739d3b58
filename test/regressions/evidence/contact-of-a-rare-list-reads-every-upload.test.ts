import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import type { Store } from '../../../src/store/homes/open-store.ts'
import { copyUploads } from '../../support/databases/copied-uploads.ts'
import { openTestStore, serverHome } from '../../support/databases/database.ts'
import { type Counters, openCounters, readBy } from '../../support/databases/read-counters.ts'
import { stageUpload } from '../../support/stages/store-uploads.ts'

const UPLOADS = 30_000
const LISTS = 500

const home = serverHome()

// A search for a contact took 1.5 s with a million uploads: the planner expected uploads of the
// list among the newest ones, and read all uploads from the newest to the oldest.
describe('The newest uploads to a list', { skip: home.skip }, () => {
  let store: Store
  let counters: Counters
  let rareId: string
  before(async () => {
    const place = await home.fresh()
    assert.ok(place.kind === 'server')
    store = await openTestStore(place)
    const { id, contactListId } = await stageUpload(store)
    rareId = contactListId
    await copyUploads(store, id, `select n from generate_series(1, ${UPLOADS}) n`, {
      ...{ id: `'upl_f' || lpad(made.n::text, 31, '0')`, accepted_seq: 'u.accepted_seq + made.n' },
      ...{ contact_list_id: `'other-' || made.n % ${LISTS}`, lane_key: `'l' || made.n` },
      ...{ state: `'completed'`, completed_at: 'now()', rows_delivered: 'u.rows_accepted' },
      // A file name is sealed for its upload, so a copy cannot have it.
      file_name: 'null',
    })
    await store.sql.executeSql('vacuum analyze upload')
    counters = await openCounters(place.url)
  })
  after(async () => {
    await counters.close()
    await store.close()
    await home.close()
  })

  for (const [about, listId, found] of [
    ['with one upload', () => rareId, 1],
    ['with many uploads', () => 'other-7', 20],
  ] as const) {
    it(`${about} are found without reading the uploads to other lists`, async () => {
      const reads = await readBy({ store, counters }, 'upload', async () => {
        const asked = { tenantId: 'default', contactListId: listId(), contactId: 'c-1' }
        const page = await store.explain.uploadsOf({ ...asked, scan: 20, cursor: null })
        assert.equal(page?.items.length, found)
      })
      const read = reads.reduce((sum, one) => sum + one, 0)
      assert.ok(read < 1_000, `${read} entries and rows`)
    })
  }
})
