import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import type { Store } from '../../../src/store/homes/open-store.ts'
import { openTestStore, serverHome } from '../../support/databases/database.ts'
import { type Counters, openCounters } from '../../support/databases/read-counters.ts'
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
    const { rows } = await store.sql.executeSql(
      `select column_name as name from information_schema.columns
        where table_schema = 'public' and table_name = 'upload' and is_generated = 'NEVER'`,
    )
    const own: Record<string, string> = {
      ...{ id: `'upl_f' || lpad(n::text, 31, '0')`, accepted_seq: 'u.accepted_seq + n' },
      ...{ contact_list_id: `'other-' || n % ${LISTS}`, lane_key: `'l' || n` },
      ...{
        state: `'completed'`,
        completed_at: 'now()',
        rows_delivered: 'u.rows_accepted',
        file_name: 'null',
      },
    }
    const names = (rows as { name: string }[]).map(({ name }) => name)
    await store.sql.executeSql(`insert into upload (${names.join(', ')})
      select ${names.map((name) => own[name] ?? `u.${name}`).join(', ')}
      from upload u, generate_series(1, ${UPLOADS}) n where u.id = '${id}'`)
    await store.sql.executeSql('vacuum analyze upload')
    counters = await openCounters(place.url)
  })
  after(async () => {
    await counters.close()
    await store.close()
    await home.close()
  })

  const readBy = async (call: () => Promise<unknown>): Promise<number> => {
    const read = async (): Promise<number> => {
      await store.sql.executeSql('select pg_stat_force_next_flush()')
      const all = [...(await counters.entries()), ...(await counters.wholeTables())]
      return all.reduce((sum, [name, n]) => sum + (name.startsWith('upload') ? n : 0), 0)
    }
    const begun = await read()
    await call()
    return (await read()) - begun
  }

  for (const [about, listId, found] of [
    ['with one upload', () => rareId, 1],
    ['with many uploads', () => 'other-7', 20],
  ] as const) {
    it(`${about} are found without reading the uploads to other lists`, async () => {
      const read = await readBy(async () => {
        const asked = { tenantId: 'default', contactListId: listId(), contactId: 'c-1' }
        const page = await store.explain.uploadsOf({ ...asked, scan: 20, cursor: null })
        assert.equal(page?.items.length, found)
      })
      assert.ok(read < 1_000, `${read} entries and rows`)
    })
  }
})
