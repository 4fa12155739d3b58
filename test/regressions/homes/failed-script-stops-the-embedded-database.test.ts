import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'

import { sql } from 'kysely'

import { systemClock } from '../../../src/lib/clock.ts'
import { openEmbedded } from '../../../src/store/homes/embedded-home.ts'
import { embeddedHome } from '../../support/databases/database.ts'

const home = embeddedHome()

/**
 * A script of pg-boss begins and ends its own transaction. After one failed, a transaction that
 * already waited came before the rollback. Its own BEGIN failed, and Kysely waited for ever for it.
 */
describe('A script for the embedded database', { timeout: 60_000 }, () => {
  after(() => home.close())

  it('is rolled back before a transaction that waited for it, if it fails', async (t) => {
    const place = await home.fresh()
    assert.ok(place.kind === 'embedded')
    const { dataDir } = place
    const database = await openEmbedded({ dataDir, clock: systemClock, emit: () => {} })
    t.after(() => database.close())
    const one = sql<{ one: number }>`select 1 as one`
    await one.execute(database.db)
    const { executeSql } = database.sql
    const failing = assert.rejects(executeSql('begin; select 1 / 0; commit'), { code: '22012' })
    const waiting = database.db.transaction().execute((tx) => one.execute(tx))
    await failing
    assert.deepEqual((await waiting).rows, [{ one: 1 }])
    assert.deepEqual((await one.execute(database.db)).rows, [{ one: 1 }])
  })

  it('keeps what it committed, and returns its rows', async (t) => {
    const place = await home.fresh()
    assert.ok(place.kind === 'embedded')
    const { dataDir } = place
    const database = await openEmbedded({ dataDir, clock: systemClock, emit: () => {} })
    t.after(() => database.close())
    const { executeSql } = database.sql
    const script = 'begin; create table kept as select 1 as one; select one from kept; commit'
    assert.deepEqual((await executeSql(script)).rows, [{ one: 1 }])
    assert.deepEqual((await executeSql('select one from kept')).rows, [{ one: 1 }])
  })
})
