import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, it, test } from 'node:test'

import { sql } from 'kysely'

import { type Database, inTransaction } from '../../../src/store/homes/database.ts'
import { openServer } from '../../../src/store/homes/server-home.ts'
import { holdsLargeBytes } from '../../../src/store/homes/written-query.ts'
import { serverHome } from '../../support/databases/database.ts'

const home = serverHome()
const LARGE_BYTES = 4_000_000
/** Bytes that differ from those of every other number. */
const largeOf = (n: number): Buffer => Buffer.alloc(LARGE_BYTES, `large ${n} `)
const md5 = (bytes: Buffer): string => createHash('md5').update(bytes).digest('hex')

const digestOf = (bytes: Buffer) =>
  sql<{ digest: string; bytes: number; text: string; nothing: null }>`
    select md5(${bytes}::bytea) as digest, length(${bytes}::bytea)::int as bytes, ${'naïve ✓'}::text as text,
      ${null}::text as nothing`

test('only statements with large bytes, and values of the protocol, are sent as a written message', () => {
  const large = Buffer.alloc(64 * 1024)
  assert.equal(holdsLargeBytes(['a', 1, null, large]), true)
  assert.equal(holdsLargeBytes([large.subarray(1)]), false)
  for (const other of [new Date(), true, [1], 1n]) {
    assert.equal(holdsLargeBytes([large, other]), false)
  }
})

describe('A statement with large bytes among its parameters', { skip: home.skip }, () => {
  let database: Database
  before(async () => {
    const fresh = await home.fresh()
    assert.ok(fresh.kind === 'server')
    database = openServer({ url: fresh.url, poolSize: 6 })
  })
  after(async () => {
    await database.close()
    await home.close()
  })

  it('returns its rows as any other statement, also when several run at the same time', async () => {
    const all = Array.from({ length: 12 }, (_, n) => largeOf(n))
    const results = await Promise.all(all.map((bytes) => digestOf(bytes).execute(database.db)))
    for (const [n, { rows }] of results.entries()) {
      const expected = { digest: md5(all[n]!), bytes: LARGE_BYTES, text: 'naïve ✓', nothing: null }
      assert.deepEqual(rows, [expected])
    }
  })

  it('sees what its transaction has written, and is undone with the transaction', async () => {
    await sql`create table piece (bytes bytea)`.execute(database.db)
    const broken = new Error('broken off')
    const large = largeOf(1)
    const undone = inTransaction(database, async (tx) => {
      await sql`insert into piece values (${large})`.execute(tx)
      const { rows } = await sql<{ found: number }>`
        select count(*)::int as found from piece where bytes = ${large}`.execute(tx)
      assert.equal(rows[0]!.found, 1)
      throw broken
    })
    await assert.rejects(undone, broken)
    const { rows } = await sql<{ left: number }>`select count(*)::int as left from piece`.execute(
      database.db,
    )
    assert.equal(rows[0]!.left, 0)
  })

  it('fails without the values, as other statements do, beside others that succeed', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 12 }, (_, n) =>
        n % 2 === 0
          ? digestOf(largeOf(n)).execute(database.db)
          : sql`select length(${largeOf(n)}::bytea) / 0`.execute(database.db),
      ),
    )
    for (const [n, outcome] of outcomes.entries()) {
      if (n % 2 === 0) {
        assert.ok(outcome.status === 'fulfilled')
        const [row] = outcome.value.rows as { digest: string }[]
        assert.equal(row!.digest, md5(largeOf(n)))
      } else {
        assert.ok(outcome.status === 'rejected')
        assert.equal((outcome.reason as Error).name, 'SqlFailure')
      }
    }
  })
})
