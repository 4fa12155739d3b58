import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'

import { openOtherSession } from '../../support/databases/blocked.ts'
import { serverHome } from '../../support/databases/database.ts'
import { poolerSkip, startPooler } from '../../support/databases/pooler.ts'
import { cleanFile, differences } from '../../support/stages/contact-file.ts'
import { setStage } from '../../support/stages/stage.ts'

const LISTS = ['demo-list-1', 'demo-list-2', 'demo-list-3']
const ROWS = 400
/** Fewer connections than two gateways ask for, so that each transaction may get another one. */
const CONNECTIONS = 6

const server = serverHome()

describe(
  'Gateways behind PgBouncer in transaction mode',
  { skip: server.skip || poolerSkip() },
  () => {
    after(() => server.close())

    it(
      'start side by side, deliver, tell the CRM, and start again',
      { timeout: 180_000 },
      async () => {
        const home = await server.fresh()
        assert.ok(home.kind === 'server')
        const pooler = await startPooler(home.url, CONNECTIONS)
        const stage = await setStage({ kind: 'server', url: pooler.url }, 'guide')
        try {
          const env = { GENESYS_BATCH_ROWS: '50' }
          const gateways = await Promise.all([stage.gateway(env), stage.gateway(env)])
          const deliver = async (version: number): Promise<void> => {
            const uploads = await Promise.all(
              LISTS.map(async (list, index) => {
                const { client } = gateways[index % gateways.length]!
                const { csv } = cleanFile({ rows: ROWS, prefix: list, version })
                const answer = await client.upload(list, csv)
                assert.equal(answer.status, 202, answer.text)
                return answer.body.id
              }),
            )
            for (const id of uploads) {
              const upload = await gateways[0].client.finished(id)
              assert.equal(upload.state, 'completed')
              assert.equal(upload.counts.delivered, ROWS)
              await stage.crm.message(({ data }) => data.uploadId === id)
              assert.equal(new Set(stage.crm.about(id).map((message) => message.id)).size, 1)
            }
            for (const list of LISTS) {
              const { expected } = cleanFile({ rows: ROWS, prefix: list, version })
              assert.deepEqual(differences(stage.sandbox.contents(list), expected), [], list)
            }
          }
          await deliver(1)
          await gateways[0].stop()
          gateways[0] = await stage.gateway(env)
          await gateways[1].kill()
          gateways[1] = await stage.gateway(env)
          await deliver(2)
          const direct = await openOtherSession(home.url)
          const locks = `select 1 from pg_locks where locktype = 'advisory'`
          assert.deepEqual(
            (await direct.query(locks)).rows,
            [],
            'a lock was left behind on a connection',
          )
          await direct.close()
          for (const gateway of gateways) {
            assert.equal((await gateway.client.call('/readyz')).status, 200)
            for (const name of ['lane.failed', 'job.failed', 'http.failed', 'queue.lost']) {
              assert.deepEqual(gateway.events(name), [], name)
            }
          }
        } finally {
          await stage.close()
          await pooler.stop()
        }
      },
    )
  },
)
