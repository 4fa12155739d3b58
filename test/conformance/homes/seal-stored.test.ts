import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'

import type { KyselyPlugin } from 'kysely'

import type { Database } from '../../../src/store/homes/database.ts'
import { sealStored } from '../../../src/store/homes/seal-stored.ts'
import { createSeals } from '../../../src/store/homes/seals.ts'
import { createIdempotencyStore } from '../../../src/store/uploads/idempotency-store.ts'
import { eachHome, serverHome, type TestHome } from '../../support/databases/database.ts'
import { openBefore } from '../../support/databases/schema-before.ts'

const STORE_KEY = Buffer.alloc(32, 5)
const seals = createSeals(STORE_KEY)
const NAMES = ['ann.lee@example.com', 'Müller, Jörg.csv', 'key of jane-roe', 'made for jane-roe']

/** What the previous version stored, in every table that held a name unsealed. */
const OLD = [
  `insert into tenant (id) values ('default'), ('other')`,
  `insert into upload (id, tenant_id, contact_list_id, lane_key, accepted_seq, state, mode, duplicates, method, source,
      schema_version, request_id, owner) values
    ('upl_1', 'default', 'l', 'contact_list:l', 1, 'completed', 'append', 'update', 'batches',
      '{"fileName": "Müller, Jörg.csv", "sha256": "ab"}', '1', 'r', 'o'),
    ('upl_2', 'other', 'm', 'contact_list:m', 1, 'completed', 'append', 'update', 'batches',
      '{"fileName": null, "sha256": "cd"}', '1', 'r', 'o')`,
  `insert into contact_register (tenant_id, list_id, contact_id, content_hash, accepted_seq, upload_id, line, delivered_at) values
    ('default', 'l', 'ann.lee@example.com', '\\x0102', 7, 'upl_1', 2, '2026-01-02 03:04:05.678901Z'),
    ('other', 'm', 'ann.lee@example.com', '', 8, 'upl_2', 3, '2026-01-02Z'),
    ('other', 'gone', 'C-2', '\\x03', 9, 'upl_3', 4, '2026-01-02Z')`,
  `insert into idempotency_key (tenant_id, method, path, key, state, owner, fingerprint, status, body, location, done_at) values
    ('default', 'POST', '/x', 'key of jane-roe', 'done', 'o', 'print', 202, '{"file":"Müller, Jörg.csv"}', '/y', '2099-01-01Z'),
    ('other', 'POST', '/x', 'key of jane-roe', 'claimed', 'o', null, null, null, null, null)`,
  `insert into list_intent (tenant_id, method, path, key, fingerprint) values
    ('default', 'POST', '/v1/contact-lists', 'made for jane-roe', 'print')`,
]

type Rows = Record<string, unknown>[]

const rowsOf = async ({ sql }: Database, text: string): Promise<Rows> =>
  (await sql.executeSql(text)).rows as Rows

/** Every table as text. */
const everything = async (database: Database): Promise<string> => {
  const tables = await rowsOf(
    database,
    `select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'`,
  )
  const texts: string[] = []
  for (const { name } of tables) {
    const [row] = await rowsOf(
      database,
      `select string_agg(t::text, ' ') as text from "${name as string}" t`,
    )
    texts.push((row!.text as string | null) ?? '')
  }
  return texts.join('\n')
}

const holdsNone = (text: string): void => {
  for (const name of NAMES) {
    assert.equal(text.includes(name), false, name)
    assert.equal(text.includes(Buffer.from(name).toString('hex')), false, `${name} as hex`)
  }
}

/** The store stops at its statement number `at`, as if it were killed. */
const endingAt = (database: Database, at: number): Database => {
  let left = at
  const plugin: KyselyPlugin = {
    transformQuery: ({ node }) => {
      if (left-- === 0) throw new Error('killed')
      return node
    },
    transformResult: async ({ result }) => result,
  }
  return { ...database, db: database.db.withPlugin(plugin) }
}

const seal = (database: Database) => sealStored({ database, seals, emit: () => undefined })

const open = async (home: TestHome): Promise<Database> => {
  const before = await openBefore(home, '0025-sealed-names')
  for (const statement of OLD) await before.executeSql(statement)
  await before.executeSql('create table kysely_migration_lock (id text)')
  await before.migrateAll()
  return before.database
}

const isSealed = async (database: Database): Promise<void> => {
  holdsNone(await everything(database))
  const left = `select relname from pg_class where relname like '%\\_clear'`
  assert.deepEqual(await rowsOf(database, left), [])

  const names = await rowsOf(
    database,
    'select id, source, file_name, file_name_digest from upload order by id',
  )
  const [named, nameless] = names
  assert.deepEqual(named!['source'], { sha256: 'ab' })
  assert.equal(seals.openFileName('upl_1', named!['file_name'] as Buffer), 'Müller, Jörg.csv')
  const { digest } = seals.sealFileName('upl_9', 'Müller, Jörg.csv')
  assert.deepEqual(named!['file_name_digest'], digest)
  assert.deepEqual([nameless!['source'], nameless!['file_name']], [{ sha256: 'cd' }, null])

  const register = await rowsOf(
    database,
    `select tenant_id, list_id, contact_digest, sealed_id, content_hash, accepted_seq, upload_id, line,
      delivered_at = '2026-01-02 03:04:05.678901Z' as same_time
    from contact_register join register on register.id = register_id order by accepted_seq`,
  )
  const opened = register.map(({ contact_digest: key, sealed_id: id, ...rest }) => ({
    ...rest,
    id: seals.contactIds.open(key as Buffer, id as Buffer),
  }))
  const entry = (tenant: string, list: string, id: string, hash: string, seq: number) => ({
    ...{ tenant_id: tenant, list_id: list, content_hash: Buffer.from(hash, 'hex'), id },
    ...{ accepted_seq: `${seq}`, upload_id: `upl_${seq - 6}`, line: seq - 5, same_time: seq === 7 },
  })
  assert.deepEqual(opened, [
    entry('default', 'l', 'ann.lee@example.com', '0102', 7),
    entry('other', 'm', 'ann.lee@example.com', '', 8),
    entry('other', 'gone', 'C-2', '03', 9),
  ])

  const keys = createIdempotencyStore({ database, seals })
  const claim = { method: 'POST', path: '/x', key: 'key of jane-roe', owner: 'me' }
  assert.deepEqual(await keys.claim({ ...claim, tenantId: 'default', deadAfterMs: 60_000 }), {
    ...{ kind: 'done', fingerprint: 'print', status: 202, location: '/y' },
    body: '{"file":"Müller, Jörg.csv"}',
  })
  const other = await keys.claim({ ...claim, tenantId: 'other', deadAfterMs: 60_000 })
  assert.equal(other.kind, 'in_progress')
  const intents = await rowsOf(database, 'select key_digest, fingerprint from list_intent')
  assert.deepEqual(intents, [
    { key_digest: seals.keyDigest('made for jane-roe'), fingerprint: 'print' },
  ])
}

eachHome('What a version before stored in the clear', (home) => {
  const closing: (() => Promise<void>)[] = []
  after(async () => {
    for (const close of closing) await close()
  })
  const opened = async (): Promise<Database> => {
    const database = await open(home)
    closing.push(() => database.close())
    return database
  }

  it('is sealed by the start, with everything that was known', async () => {
    const database = await opened()
    const told: object[] = []
    assert.ok((await everything(database)).includes('ann.lee@example.com'))
    await sealStored({ database, seals, emit: (_name, fields) => told.push(fields) })
    await isSealed(database)
    assert.deepEqual(told, [
      { table: 'upload', rows: 2, done: true },
      { table: 'list_intent', rows: 1, done: true },
      { table: 'idempotency_key', rows: 2, done: true },
      { table: 'contact_register', rows: 3, done: true },
    ])
    // The next start has nothing left to do.
    await sealStored({ database, seals, emit: () => assert.fail() })
  })

  it('is sealed whole by the next start, at whichever statement one ended', async () => {
    const database = await opened()
    for (let at = 0; ; at += 1) {
      const ended = await seal(endingAt(database, at)).then(
        () => 'whole',
        (error: Error) => error.message,
      )
      if (ended === 'whole') {
        assert.ok(at > 8, `${at} statements`)
        break
      }
      assert.equal(ended, 'killed')
    }
    await isSealed(database)
  })
})

const server = serverHome()
describe('Two instances that start together', { skip: server.skip }, () => {
  after(() => server.close())

  it('seal everything, and neither fails', async (t) => {
    const database = await open(server)
    t.after(() => database.close())
    await Promise.all([seal(database), seal(database), seal(database)])
    await isSealed(database)
  })
})
