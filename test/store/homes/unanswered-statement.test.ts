import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { sql } from 'kysely'

import { StoreUnavailable } from '../../../src/domain/problems/store-unavailable.ts'
import { inTransaction, type Database } from '../../../src/store/homes/database.ts'
import { openServer } from '../../../src/store/homes/server-home.ts'
import { serverHome } from '../../support/databases/database.ts'

const home = serverHome()

describe('A statement that a server does not answer in time', { skip: home.skip }, () => {
  let database: Database
  before(async () => {
    const place = await home.fresh()
    assert.ok(place.kind === 'server')
    database = openServer({ url: place.url, poolSize: 1, queryTimeoutMs: 500 })
  })
  after(async () => {
    await database.close()
    await home.close()
  })

  const ways = [
    ['alone', () => sql`select pg_sleep(20)`.execute(database.db)],
    [
      'in a transaction',
      () => inTransaction(database, (tx) => sql`select pg_sleep(20)`.execute(tx)),
    ],
    ['for the jobs', () => database.sql.executeSql('select pg_sleep(20)')],
    ['as bytes', () => database.writeBytes(sql`select pg_sleep(20)`.compile(database.db))],
  ] as const
  for (const [how, ask] of ways) {
    it(`says that the database is away, and the next one has another connection: ${how}`, async () => {
      await assert.rejects(ask, StoreUnavailable)
      const { rows } = await sql<{ one: number }>`select 1 as one`.execute(database.db)
      assert.deepEqual(rows, [{ one: 1 }])
    })
  }
})
