import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import type { Database } from '../../../src/store/homes/database.ts'
import { keptNameOf, keptStatement, runKept } from '../../../src/store/homes/kept-statements.ts'
import { openServer } from '../../../src/store/homes/server-home.ts'
import { serverHome } from '../../support/databases/database.ts'

const home = serverHome()

describe('A kept statement', { skip: home.skip }, () => {
  let database: Database
  before(async () => {
    const place = await home.fresh()
    assert.equal(place.kind, 'server')
    database = openServer({ url: place.url, poolSize: 1 })
  })
  after(async () => {
    await database.close()
    await home.close()
  })

  it('is planned once a connection, and sent without its name once a pooler has lost it', async () => {
    const text = keptStatement('select $1::int + 1 as next')
    const run = () => runKept<{ next: number }>(database.db, text, [1])
    const kept = () => runPlans(database)
    assert.deepEqual(await run(), [{ next: 2 }])
    assert.deepEqual(await run(), [{ next: 2 }])
    assert.equal(await kept(), 1)
    assert.notEqual(keptNameOf(text), undefined)
    // Simulates a pooler that gives the next transaction another connection.
    await database.sql.executeSql('deallocate all')
    assert.deepEqual(await run(), [{ next: 2 }])
    assert.equal(keptNameOf(text), undefined)
    assert.equal(await kept(), 0)
  })
})

const runPlans = async ({ sql }: Database): Promise<number> => {
  const { rows } = await sql.executeSql('select count(*)::int as n from pg_prepared_statements')
  return (rows[0] as { n: number }).n
}
