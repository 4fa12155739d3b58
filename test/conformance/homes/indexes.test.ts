import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { openTestStore, serverHome } from '../../support/databases/database.ts'
import { type FilledStore, fillStore } from '../../support/databases/filled-store.ts'
import { FREQUENT, SERVES } from '../../support/databases/measured-statements.ts'
import { type Counters, grown, openCounters } from '../../support/databases/read-counters.ts'

const home = serverHome()

/**
 * A scan of a whole table or index reads at least this many rows, unless the table is small by
 * nature.
 */
const WHOLE = 1_000

describe('Indexes, on a filled database', { skip: home.skip }, () => {
  let stage: FilledStore
  let counters: Counters
  before(async () => {
    const place = await home.fresh()
    assert.ok(place.kind === 'server')
    const store = await openTestStore(place)
    await store.access.ensureAdmin({ digest: Buffer.alloc(32, 3), scopes: ['admin'] })
    stage = await fillStore(store)
    counters = await openCounters(place.url)
  })
  after(async () => {
    await counters.close()
    await stage.store.close()
    await home.close()
  })

  /**
   * What a call read. Calls that follow each other share a connection, whose counters are published
   * immediately when that is requested.
   */
  const readBy = async (call: (stage: FilledStore) => Promise<unknown>) => {
    const tell = () => stage.store.sql.executeSql('select pg_stat_force_next_flush()')
    await tell()
    const indexes = await counters.indexes()
    const entries = await counters.entries()
    const tables = await counters.wholeTables()
    await call(stage)
    await tell()
    return {
      indexes: grown(indexes, await counters.indexes()),
      whole: [
        ...grown(tables, await counters.wholeTables(), WHOLE),
        ...grown(entries, await counters.entries(), WHOLE),
      ],
    }
  }

  it('all serve a statement that is named here', async () => {
    const { rows } = await stage.store.sql.executeSql(`select i.relname as name from pg_index x
      join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
      where t.relnamespace = 'public'::regnamespace and not x.indisprimary and t.relname not like 'kysely%'`)
    const names = (rows as { name: string }[]).map(({ name }) => name)
    assert.deepEqual(names.toSorted(), Object.keys(SERVES).toSorted())
  })

  it('none has the state of a batch, which changes with every request', async () => {
    const { rows } = await stage.store.sql.executeSql(
      `select indexdef as text from pg_indexes where tablename = 'batch'`,
    )
    const texts = (rows as { text: string }[]).map(({ text }) => text)
    assert.deepEqual([texts.length > 0, texts.filter((text) => /\bstate\b/.test(text))], [true, []])
  })

  for (const [index, call] of Object.entries(SERVES)) {
    it(`${index} is used by the statement it is for`, async () => {
      const { indexes } = await readBy(call)
      assert.ok(indexes.includes(index), `used instead: ${indexes.join(', ')}`)
    })
  }

  for (const [what, call] of Object.entries({ ...SERVES, ...FREQUENT })) {
    // The gauges count all dead deliveries, so they have to read them all.
    if (what === 'sync_delivery_dead') continue
    it(`${what}: no large table or index is read as a whole`, async () => {
      assert.deepEqual((await readBy(call)).whole, [])
    })
  }
})
