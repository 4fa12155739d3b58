import assert from 'node:assert/strict'
import { after, before, it } from 'node:test'

import type { SeenState } from '../../../src/domain/uploads/upload.ts'
import type { Store } from '../../../src/store/homes/open-store.ts'
import { createSeals } from '../../../src/store/homes/seals.ts'
import type { UploadFilter } from '../../../src/workflows/ports/uploads/uploads.ts'
import { eachHome, openTestStore } from '../../support/databases/database.ts'
import { beginUpload, stageUpload } from '../../support/stages/store-uploads.ts'

const dayOf = (index: number): string => new Date(Date.UTC(2026, 0, 1 + index)).toISOString()

const STATES = ['staged', 'paused', 'failed', 'cancelled'] as const satisfies SeenState[]

type Made = {
  id: string
  state: SeenState
  list: string
  sha256: string
  name: string
  day: number
}

eachHome('Uploads by state and contact list', (home) => {
  let store: Store
  /** Newest first. */
  const made: Made[] = []

  before(async () => {
    store = await openTestStore(await home.fresh())
    for (let index = 0; index < 24; index += 1) {
      const list = `list-${index % 2}`
      const state = STATES[Math.floor(index / 2) % STATES.length]!
      const { id } = await stageUpload(store, { list })
      const name = `Größe ${index % 5}.csv`
      const { sealed, digest } = createSeals(store.digestKey).sealFileName(id, name)
      await store.sql.executeSql(
        `update upload set state = $1, rows_unprocessed = rows_accepted, created_at = $3,
          source = source || jsonb_build_object('sha256', $4::text), file_name = $5, file_name_digest = $6 where id = $2`,
        [state, id, dayOf(index), `sha-${index % 3}`, sealed, digest],
      )
      made.unshift({ id, state, list, sha256: `sha-${index % 3}`, name, day: index })
    }
    await beginUpload(store, 'list-0')
  })
  after(() => store.close())

  const walk = async (filter: UploadFilter, limit: number): Promise<string[]> => {
    const ids: string[] = []
    for (let cursor: string | null = null; ;) {
      const page = await store.uploads.list('default', { limit, cursor, ...filter })
      assert.ok(page && page.items.length <= limit)
      ids.push(...page.items.map(({ id }) => id))
      if (page.next === null) return ids
      cursor = page.next
    }
  }
  const expected = (filter: UploadFilter): string[] => {
    const { states, contactListId, sha256, fileName, createdFrom, createdTo } = filter
    return made
      .filter((upload) => sha256 === undefined || upload.sha256 === sha256)
      .filter(({ name }) => fileName === undefined || name === fileName)
      .filter(({ day }) => createdFrom === undefined || dayOf(day) >= createdFrom.toISOString())
      .filter(({ day }) => createdTo === undefined || dayOf(day) < createdTo.toISOString())
      .filter(({ state }) => states === undefined || states.includes(state))
      .filter(({ list }) => contactListId === undefined || list === contactListId)
      .map(({ id }) => id)
  }

  it('come newest first and each once, however the pages are cut', async () => {
    const filters: UploadFilter[] = [
      {},
      { states: ['failed'] },
      { states: ['failed', 'staged', 'failed'] },
      { contactListId: 'list-1' },
      { states: ['paused', 'cancelled'], contactListId: 'list-0' },
      { states: ['completed'] },
      { contactListId: 'list-9' },
      { sha256: 'sha-1' },
      { sha256: 'sha-9' },
      { fileName: 'Größe 2.csv' },
      { fileName: 'größe 2.csv' },
      { fileName: 'Größe 3.csv', states: ['paused'] },
      { sha256: 'sha-2', states: ['staged', 'failed'], contactListId: 'list-1' },
      { createdFrom: new Date(dayOf(7)) },
      { createdFrom: new Date(dayOf(3)), createdTo: new Date(dayOf(11)) },
      { createdTo: new Date(dayOf(11)), states: ['paused'] },
    ]
    for (const filter of filters) {
      for (const limit of [1, 4, 50]) {
        assert.deepEqual(await walk(filter, limit), expected(filter), JSON.stringify(filter))
      }
    }
  })

  it('are those of the tenant, and an unreadable cursor is known', async () => {
    const page = { limit: 5, cursor: null, states: ['failed' as const], contactListId: 'list-0' }
    assert.deepEqual(await store.uploads.list('other', page), { items: [], next: null })
    assert.equal(await store.uploads.list('default', { ...page, cursor: '%%%' }), null)
  })
})
