import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import type { Store } from '../../../src/store/homes/open-store.ts'
import { copyUploads } from '../../support/databases/copied-uploads.ts'
import { openTestStore, serverHome } from '../../support/databases/database.ts'
import { type Counters, openCounters, readBy } from '../../support/databases/read-counters.ts'
import { stageUpload } from '../../support/stages/store-uploads.ts'

const UPLOADS = 30_000

const home = serverHome()

describe('Uploads that evidence searches', { skip: home.skip }, () => {
  let store: Store
  let counters: Counters
  let likeId: string
  /** All times count from here, because making the uploads may take long. */
  let madeAt: Date
  before(async () => {
    const place = await home.fresh()
    assert.ok(place.kind === 'server')
    store = await openTestStore(place)
    likeId = (await stageUpload(store)).id
    madeAt = new Date()
    const made = `timestamptz '${madeAt.toISOString()}'`
    // A minute apart. The newest one began a minute ago, and each took a second.
    await copies(`select n, ${made} - (${UPLOADS + 1} - n) * interval '1 minute' as begun, 'completed' as state,
      interval '1 second' as took from generate_series(1, ${UPLOADS}) n`)
    await copies(`select 900001 as n, ${made} - interval '9 days' as begun, 'completed' as state,
      interval '9 days' - interval '5 minutes' as took`)
    await copies(`select 900002 as n, ${made} - interval '8 days' as begun, 'staged' as state,
      null::interval as took`)
    await store.sql.executeSql('vacuum analyze upload')
    counters = await openCounters(place.url)
  })
  after(async () => {
    await counters.close()
    await store.close()
    await home.close()
  })

  const idOf = (n: number): string => `upl_${n.toString().padStart(32, '0')}`

  const copies = (made: string): Promise<void> =>
    copyUploads(store, likeId, made, {
      ...{ id: `'upl_' || lpad(made.n::text, 32, '0')`, accepted_seq: 'u.accepted_seq + made.n' },
      ...{ created_at: 'made.begun', completed_at: 'made.begun + made.took', state: 'made.state' },
      ...{ updated_at: 'made.begun', rows_delivered: 'u.rows_accepted', lane_key: `'l' || made.n` },
    })

  const behind = (about: { after?: string; from: Date; to?: Date; limit?: number }) =>
    store.evidence.uploadsBehind({
      ...{ tenantId: 'default', after: about.after ?? '', from: about.from.toISOString() },
      ...{
        to: (about.to ?? new Date(Date.now() + 60_000)).toISOString(),
        limit: about.limit ?? 50,
      },
    })
  const ago = (minutes: number): Date => new Date(madeAt.getTime() - minutes * 60_000)

  /** The entries that the busiest index of uploads was read for, and rows of scans. */
  const mostRead = async (call: () => Promise<unknown>): Promise<number> =>
    Math.max(...(await readBy({ store, counters }, 'upload', call)))

  it('are those of the period, those that had not ended, and those that ended in it after long', async () => {
    const found: string[] = []
    for (let after = ''; ;) {
      const lot = await behind({ after, from: ago(10.5), limit: 4 })
      found.push(...lot.map(({ id }) => id))
      if (lot.length < 4) break
      after = lot.at(-1)!.id
    }
    const recent = Array.from({ length: 10 }, (_, at) => idOf(UPLOADS - 9 + at))
    assert.deepEqual(found, [idOf(900_001), idOf(900_002), ...recent, likeId])
  })

  it('of a recent period are found without reading those before', async () => {
    const read = await mostRead(() => behind({ from: ago(10.5) }))
    assert.ok(read < 400, `${read} index entries`)
  })

  it('of an old period are found without reading those after', async () => {
    const [from, to] = [ago(20_010), ago(20_000)]
    const read = await mostRead(async () => {
      const lot = await behind({ from, to })
      assert.ok(lot.length >= 9 && lot.length <= 11, String(lot.length))
    })
    assert.ok(read < 400, `${read} index entries`)
  })

  it('go on after one that retention has deleted meanwhile, from the time in its id', async () => {
    const gone = `upl_${ago(5.5).getTime().toString(16).padStart(12, '0')}${'0'.repeat(20)}`
    const lot = await behind({ after: gone, from: ago(30) })
    assert.deepEqual(
      lot.map(({ id }) => id),
      [...Array.from({ length: 5 }, (_, at) => idOf(UPLOADS - 4 + at)), likeId],
    )
    const far = await behind({ after: `upl_${'f'.repeat(32)}`, from: ago(30) })
    assert.deepEqual(far, [])
  })
})
