import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'

import { openTestStore, serverHome } from '../../support/databases/database.ts'
import { runOn } from '../../support/databases/postgres-server.ts'

const home = serverHome()

/**
 * A gateway on a database of the encoding LATIN1 started, and made a list with a Polish name in
 * Genesys. Then it answered 500, because it could not store the name.
 */
describe('A database that cannot store every text', { skip: home.skip }, () => {
  after(() => home.close())

  test('is refused at the start', async () => {
    const place = await home.fresh()
    assert.ok(place.kind === 'server')
    const name = `${new URL(place.url).pathname.slice(1)}_latin`
    const options = `encoding 'LATIN1' lc_collate 'C' lc_ctype 'C' template template0`
    await runOn(place.url, `create database ${name} ${options}`)
    const url = new URL(place.url)
    url.pathname = `/${name}`
    await assert.rejects(
      openTestStore({ kind: 'server', url: url.href }),
      /has the encoding LATIN1.* DATABASE_URL must name a database with the encoding UTF8/,
    )
    await runOn(place.url, `drop database ${name}`)
  })
})
