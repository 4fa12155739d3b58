import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { after, describe, test } from 'node:test'

import pg from 'pg'

import { StoreUnavailable } from '../../../src/domain/problems/store-unavailable.ts'
import { openTestStore, serverHome } from '../../support/databases/database.ts'

const ROLE = 'gateway_role'

/** Resolves when the server asks the role for its password. The tests' server trusts everyone. */
const askForPassword = async (client: pg.Client, wrong: string): Promise<void> => {
  const { rows } = await client.query<{ hba_file: string }>('show hba_file')
  const file = rows[0]!.hba_file
  writeFileSync(file, `host all ${ROLE} all scram-sha-256\n${readFileSync(file, 'utf8')}`)
  await client.query('select pg_reload_conf()')
  for (;;) {
    const other = new pg.Client({ connectionString: wrong })
    try {
      await other.connect()
      await other.end()
    } catch {
      return
    }
  }
}

/**
 * After a change of the database's password, callers got 500 ("The gateway has a bug") instead of
 * 503 from an instance with the old password, as soon as it needed a new connection.
 */
describe('A database that refuses the login', { skip: serverHome().skip }, () => {
  const home = serverHome()
  after(() => home.close())

  test('counts as unavailable, and the message names the variable with the password', async (t) => {
    const place = await home.fresh()
    assert.ok(place.kind === 'server')
    const client = new pg.Client({ connectionString: place.url })
    await client.connect()
    t.after(() => client.end())
    await client.query(`create role ${ROLE} login superuser password 'first'`)
    const url = new URL(place.url)
    url.username = ROLE
    url.password = 'wrong'
    await askForPassword(client, url.href)
    url.password = 'first'
    const own = { kind: 'server', url: url.href } as const
    const store = await openTestStore(own)
    t.after(() => store.close())
    await client.query(`alter role ${ROLE} password 'second'`)
    await client.query(`select pg_terminate_backend(pid) from pg_stat_activity
      where usename = '${ROLE}'`)
    const refused = (error: unknown): boolean =>
      error instanceof StoreUnavailable && /refuses the login.*DATABASE_URL/u.test(error.message)
    // The first statements may still get a connection that the server has ended.
    const failures = new Set<string>()
    for (
      let tries = 0;
      tries < 20 && ![...failures].some((text) => /login/u.test(text));
      tries += 1
    ) {
      await store.access.findKey(Buffer.alloc(32)).catch((error: Error) => {
        assert.ok(error instanceof StoreUnavailable, String(error))
        failures.add(error.message)
      })
    }
    await assert.rejects(store.access.findKey(Buffer.alloc(32)), refused)
    await assert.rejects(openTestStore(own), refused)
  })
})
