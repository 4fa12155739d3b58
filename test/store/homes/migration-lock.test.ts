import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'

import { createIds } from '../../../src/lib/ids.ts'
import { watchMigration } from '../../../src/store/homes/migration-watch.ts'
import { openStore } from '../../../src/store/homes/open-store.ts'
import { openServer } from '../../../src/store/homes/server-home.ts'
import type { Emit, GatewayEvents } from '../../../src/telemetry/events.ts'
import { type OtherSession, openOtherSession } from '../../support/databases/blocked.ts'
import { serverHome, TEST_KEYS } from '../../support/databases/database.ts'
import { createManualClock } from '../../support/stages/test-clock.ts'

const server = serverHome()
after(() => server.close())

type Waiting = GatewayEvents['migration.waiting']

describe('A store that is opened on a server', { skip: server.skip, timeout: 60_000 }, () => {
  let other: OtherSession
  let told: PromiseWithResolvers<Waiting>
  let open: () => ReturnType<typeof openStore>
  const clock = createManualClock()
  before(async () => {
    const home = await server.fresh()
    assert.ok(home.kind === 'server')
    open = () =>
      openStore({
        home,
        encryptionKeys: TEST_KEYS,
        clock,
        ids: createIds({ clock }),
        emit: (name, fields) => {
          if (name === 'migration.waiting') told.resolve(fields as Waiting)
        },
        publicUrl: 'https://gateway.example',
      })
    other = await openOtherSession(home.url)
    await (await open()).close()
  })
  beforeEach(() => {
    told = Promise.withResolvers()
  })
  after(() => other.close())

  it('waits for another that migrates, and says for which process', async () => {
    const { rows } = await other.query<{ pid: number }>('select pg_backend_pid() as pid')
    await other.query('begin')
    await other.query('lock table kysely_migration_lock in exclusive mode')
    const opened = open()
    await other.untilBlocked('lock table')
    await clock.advance(5_000)
    const { waitedMs, waitsFor } = await told.promise
    assert.equal(waitedMs, 5_000)
    assert.equal(waitsFor.length, 1)
    assert.match(waitsFor[0]!, new RegExp(`^process ${rows[0]!.pid} \\(.*idle in transaction`))
    await other.query('commit')
    await (await opened).close()
  })

  it('says so too when a migration waits for a table that somebody uses', async () => {
    await other.query('begin')
    await other.query('lock table kysely_migration in access exclusive mode')
    const opened = open()
    await other.untilBlocked('kysely_migration')
    await clock.advance(5_000)
    assert.match((await told.promise).waitsFor[0]!, /idle in transaction/)
    await other.query('rollback')
    await (await opened).close()
  })

  it('leaves no lock behind, and asks for none that an earlier version left', async () => {
    await other.query('select pg_advisory_lock(3853314791062309107)')
    const store = await open()
    const { rows } = await other.query(
      `select pid from pg_locks where locktype = 'advisory' and pid <> pg_backend_pid()`,
    )
    assert.deepEqual(rows, [])
    await store.close()
  })

  it('says that it waits for a connection while it has none', async () => {
    const unused = openServer({ url: 'postgres://127.0.0.1:1/none' })
    const waiting: Waiting[] = []
    const emit: Emit = (_name, fields) => void waiting.push(fields as Waiting)
    const watching = watchMigration({ db: unused.db, clock, emit })
    await clock.advance(5_000)
    await watching.stop()
    assert.deepEqual(waiting, [{ waitedMs: 5_000, waitsFor: ['a connection to the database'] }])
    await unused.close()
  })
})
