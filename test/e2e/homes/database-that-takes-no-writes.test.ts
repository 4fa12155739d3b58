import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'

import { openOtherSession, type OtherSession } from '../../support/databases/blocked.ts'
import { serverHome } from '../../support/databases/database.ts'
import { startPostgres } from '../../support/databases/postgres-server.ts'
import { standbySkip, startStandby } from '../../support/databases/postgres-standby.ts'
import { cleanFile, differences } from '../../support/stages/contact-file.ts'
import { type RunningGateway, setStage } from '../../support/stages/stage.ts'

const LIST = 'demo-list-1'
const ROWS = 300

const server = serverHome()

type Readyz = { missing: string[]; checks: { database: { detail: string } } }
const readyz = ({ client }: RunningGateway) => client.call<Readyz>('/readyz')

/** If this waits forever, the test ends by its own time limit. */
const until = async (wanted: () => Promise<boolean>): Promise<void> => {
  while (!(await wanted())) await new Promise((resolve) => setTimeout(resolve, 50))
}

/**
 * Ends the gateway's sessions, because open ones do not get a new setting of the database. Resolves
 * when they have ended.
 */
const endSessions = (admin: OtherSession): Promise<unknown> =>
  admin.query(`select pg_terminate_backend(pid, 60000) from pg_stat_activity
    where datname = current_database() and application_name = 'outbound-gateway'`)

describe('A database that takes no writes', { skip: server.skip }, () => {
  after(() => server.close())

  it(
    'is told with 503, makes the gateway unready, and is used again when it takes them',
    { timeout: 120_000 },
    async () => {
      const home = await server.fresh()
      assert.ok(home.kind === 'server')
      const stage = await setStage(home, 'guide')
      const admin = await openOtherSession(home.url)
      const [{ name } = { name: '' }] = (
        await admin.query<{ name: string }>('select current_database() as name')
      ).rows
      try {
        const gateway = await stage.gateway()
        assert.equal((await readyz(gateway)).status, 200)
        await admin.query(`alter database ${name} set default_transaction_read_only = on`)
        await endSessions(admin)
        // Until the ended sessions are replaced, readiness may first say that the database does not
        // answer.
        let answer = await readyz(gateway)
        await until(async () => {
          answer = await readyz(gateway)
          return /takes no writes/.test(answer.body.checks.database.detail)
        })
        assert.equal(answer.status, 503)
        assert.deepEqual(answer.body.missing, ['database'])
        const { csv, expected } = cleanFile({ rows: ROWS, prefix: LIST, version: 1 })
        const refused = await gateway.client.upload(LIST, csv, { key: 'again' })
        assert.equal(refused.status, 503, refused.text)
        assert.match(refused.text, /database-unavailable/)
        assert.ok(Number(refused.headers.get('retry-after')) > 0)

        await admin.query('set default_transaction_read_only = off')
        await admin.query(`alter database ${name} reset default_transaction_read_only`)
        await until(async () => (await readyz(gateway)).status === 200)
        const taken = await gateway.client.upload(LIST, csv, { key: 'again' })
        assert.equal(taken.status, 202, taken.text)
        await gateway.client.finished(taken.body.id)
        assert.deepEqual(differences(stage.sandbox.contents(LIST), expected), [])
        assert.deepEqual(gateway.events('http.failed'), [])
      } finally {
        await admin.close()
        await stage.close()
      }
    },
  )

  it('is told with 503 as well when it gives a statement up', { timeout: 120_000 }, async () => {
    const home = await server.fresh()
    assert.ok(home.kind === 'server')
    const stage = await setStage(home, 'guide')
    const admin = await openOtherSession(home.url)
    const limitStatements = (to: string) =>
      admin.query(
        `do $$ begin execute format('alter database %I ${to}', current_database()); end $$`,
      )
    try {
      const gateway = await stage.gateway()
      // Only now and only for this call: on a busy machine, other statements may take as long.
      await limitStatements('set statement_timeout = 300')
      await endSessions(admin)
      await until(async () => (await readyz(gateway)).status === 200)
      await admin.query('begin')
      await admin.query('lock table idempotency_key in access exclusive mode')
      const { csv } = cleanFile({ rows: ROWS, prefix: LIST, version: 1 })
      const refused = await gateway.client.upload(LIST, csv, { key: 'again' })
      assert.equal(refused.status, 503, refused.text)
      assert.match(refused.text, /database-unavailable/)
      await admin.query('rollback')
      await limitStatements('reset statement_timeout')
      await endSessions(admin)
      await until(async () => (await readyz(gateway)).status === 200)
      const taken = await gateway.client.upload(LIST, csv, { key: 'again' })
      assert.equal(taken.status, 202, taken.text)
      assert.equal((await gateway.client.finished(taken.body.id)).state, 'completed')
    } finally {
      await admin.close()
      await stage.close()
    }
  })
})

describe('A database of two servers', { skip: server.skip || standbySkip() }, () => {
  it(
    'is followed when the primary is demoted, and when it dies: nothing accepted is lost',
    { timeout: 180_000 },
    async () => {
      const first = await startPostgres({
        settings: ['synchronous_standby_names=*', 'synchronous_commit=local'],
      })
      const second = await startStandby(first)
      const [one, other] = [new URL(first.url), new URL(second.url)]
      const url = `postgres://postgres@${other.host},${one.host}/postgres`
      const stage = await setStage({ kind: 'server', url }, 'guide')
      const admin = await openOtherSession(first.url)
      const standby = await openOtherSession(second.url)
      try {
        const gateway = await stage.gateway({ GENESYS_BATCH_ROWS: '20' })
        stage.sandbox.setFaults([{ kind: 'slow', operation: 'bulk', delayMs: 100 }])
        const { csv, expected } = cleanFile({ rows: ROWS, prefix: LIST, version: 1 })
        const accepted = await gateway.client.upload(LIST, csv)
        assert.equal(accepted.status, 202, accepted.text)
        await gateway.event('batch.settled')
        // As when a managed service demotes a server: its sessions stay, but may only read.
        await admin.query('alter system set default_transaction_read_only = on')
        await admin.query('select pg_reload_conf()')
        await until(async () => {
          const { rows } = await admin.query<{ behind: boolean }>(
            `select coalesce(bool_or(replay_lsn < pg_current_wal_lsn()), true) as behind from pg_stat_replication`,
          )
          return rows[0]?.behind === false
        })
        await standby.query('select pg_promote()')
        await gateway.client.finished(accepted.body.id)
        await until(async () => (await readyz(gateway)).status === 200)
        assert.deepEqual(differences(stage.sandbox.contents(LIST), expected), [])
        await admin.close()
        await first.stop()

        const { csv: again, expected: newer } = cleanFile({ rows: ROWS, prefix: LIST, version: 2 })
        const next = await gateway.client.uploadPatiently(LIST, again, { key: 'next' })
        assert.equal(next.status, 202, next.text)
        await gateway.client.finished(next.body.id)
        assert.deepEqual(differences(stage.sandbox.contents(LIST), newer), [])
        assert.deepEqual(gateway.events('http.failed'), [])
      } finally {
        await standby.close()
        await stage.close()
        await second.stop()
      }
    },
  )
})
