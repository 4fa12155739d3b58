import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'

import { sql } from 'kysely'

import { type Database, inTransaction } from '../../../src/store/homes/database.ts'
import { openServer } from '../../../src/store/homes/server-home.ts'
import { serverHome } from '../../support/databases/database.ts'

const home = serverHome()
const LARGE = Buffer.alloc(300_000, 'large')
const digestOf = sql<{ digest: string; bytes: number; text: string; nothing: null }>`
  select md5(${LARGE}::bytea) as digest, length(${LARGE}::bytea)::int as bytes, ${'naïve ✓'}::text as text,
    ${null}::text as nothing`

describe('A statement with large bytes among its parameters', { skip: home.skip }, () => {
  let database: Database
  before(async () => {
    const fresh = await home.fresh()
    assert.ok(fresh.kind === 'server')
    database = openServer({ url: fresh.url, poolSize: 3 })
  })
  after(async () => {
    await database.close()
    await home.close()
  })

  it('returns its rows as a statement with small parameters does, also when several run at the same time', async () => {
    const small = await sql<{ digest: string }>`
      select md5(convert_to(repeat('large', 60000), 'utf8')) as digest`.execute(database.db)
    const expected = {
      ...{ digest: small.rows[0]!.digest, bytes: 300_000 },
      ...{ text: 'naïve ✓', nothing: null },
    }
    const results = await Promise.all(
      Array.from({ length: 8 }, () => digestOf.execute(database.db)),
    )
    for (const { rows } of results) assert.deepEqual(rows, [expected])
  })

  it('sees what its transaction has written, and is undone with the transaction', async () => {
    await sql`create table piece (bytes bytea)`.execute(database.db)
    const broken = new Error('broken off')
    const undone = inTransaction(database, async (tx) => {
      await sql`insert into piece values (${LARGE})`.execute(tx)
      const { rows } = await sql<{ found: number }>`
        select count(*)::int as found from piece where bytes = ${LARGE}`.execute(tx)
      assert.equal(rows[0]!.found, 1)
      throw broken
    })
    await assert.rejects(undone, broken)
    const { rows } = await sql<{ left: number }>`select count(*)::int as left from piece`.execute(
      database.db,
    )
    assert.equal(rows[0]!.left, 0)
  })

  it('fails without the values, as other statements do, and the next statement is answered', async () => {
    await assert.rejects(sql`select length(${LARGE}::bytea) / 0`.execute(database.db), {
      name: 'SqlFailure',
    })
    const { rows } = await digestOf.execute(database.db)
    assert.equal(rows[0]!.bytes, 300_000)
  })
})
