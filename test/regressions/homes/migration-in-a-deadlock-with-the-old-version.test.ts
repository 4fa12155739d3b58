import assert from 'node:assert/strict'
import { test } from 'node:test'

import { migrate, migrationFiles } from '../../../src/store/homes/migrate.ts'
import { openOtherSession } from '../../support/databases/blocked.ts'
import { serverHome, type TestHome } from '../../support/databases/database.ts'
import { openBefore } from '../../support/databases/schema-before.ts'

const server = serverHome()
const FIRST = '0093-jobs-that-left-rows-open'

/**
 * In a rolling upgrade, a migration locks whole tables while instances of the old version work. An
 * old instance that has read `upkeep` and then reads `shipment` locks them in the other order than
 * the migrations do. If the server undid the migrations, the new instance failed to start.
 */
test(
  'a start migrates although a deadlock with an instance of the old version undid its first try',
  { skip: server.skip, timeout: 30_000 },
  async (t) => {
    const home = await server.fresh()
    assert.ok(home.kind === 'server')
    const other = await openOtherSession(home.url)
    // The migration looks for a deadlock first, so the migration is what the server undoes.
    await other.query(`set deadlock_timeout = '1min'`)
    await other.query(
      `do $$ begin execute format('alter database %I set deadlock_timeout = ''2s''', current_database()); end $$`,
    )
    const place: TestHome = { ...server, fresh: async () => home }
    const { database, executeSql } = await openBefore(place, FIRST)
    t.after(async () => {
      await other.close()
      await database.close()
      await server.close()
    })
    await executeSql(
      'create table kysely_migration (name varchar(255) primary key, timestamp varchar(255) not null)',
    )
    const done = [...(await migrationFiles()).keys()].filter((name) => name < FIRST)
    await executeSql(
      `insert into kysely_migration select name, '2026-01-01T00:00:00.000Z' from unnest($1::text[]) as name`,
      [done],
    )

    await other.query('begin')
    await other.query('select from upkeep')
    const migrated = migrate(database.db).then(
      () => 'migrated',
      (error: unknown) => error,
    )
    const early = await Promise.race([migrated, other.untilBlocked('alter table upkeep')])
    assert.equal(early, undefined, String(early))
    await other.query('select from shipment')
    await other.query('commit')
    assert.equal(await migrated, 'migrated')
    const { rows } = await executeSql('select found from upkeep limit 1')
    assert.deepEqual(rows, [{ found: {} }])
  },
)
