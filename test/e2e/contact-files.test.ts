import assert from 'node:assert/strict'
import { test } from 'node:test'

import { eachHome } from '../support/databases/database.ts'
import { reachableEnv } from '../support/gateway/gateway-process.ts'
import { cleanFile, differences } from '../support/stages/contact-file.ts'
import { setStage } from '../support/stages/stage.ts'

const LIST = 'demo-contacts'
/**
 * Polls are so far apart that an upload ends in time only if the gateway uses Genesys'
 * notification.
 */
const NO_POLL = { GENESYS_COMPLETION_POLL_SECONDS: '600' }

eachHome('Contacts as files', (home) => {
  test('200,000 rows go by file, one part after the other, and end by Genesys’ event', async () => {
    const stage = await setStage(await home.fresh(), 'guide')
    try {
      const gateway = await stage.gateway({ ...(await reachableEnv()), ...NO_POLL })
      await gateway.event(
        'webhook.subscription',
        ({ outcome, route }) => outcome === 'registered' && route === 'event',
      )
      const file = cleanFile({ rows: 200_000 })
      const { body } = await gateway.client.upload(LIST, file.csv)
      assert.equal(body.delivery.method, 'file')
      const upload = await gateway.client.finished(body.id, 120_000)
      assert.deepEqual([upload.state, upload.counts.delivered], ['completed', 200_000])
      assert.deepEqual(differences(stage.sandbox.contents(LIST), file.expected), [])
      const sent = gateway.events('part.sent')
      assert.ok(sent.length >= 2, `${sent.length} parts`)
      assert.ok(sent.every(({ bytes }) => Number(bytes) <= 10_000_000))
      assert.equal(stage.sandbox.ledger({ listId: LIST }).lists[0]?.overlappingRequests, 0)
    } finally {
      await stage.close()
    }
  })

  test('a callback ends an upload, and where callbacks are lost the poll does', async () => {
    const stage = await setStage(await home.fresh(), 'guide')
    try {
      const env = await reachableEnv()
      const first = await stage.gateway({ ...env, ...NO_POLL })
      const query = 'delivery=callback'
      const called = cleanFile({ rows: 300 })
      const one = await first.client.upload(LIST, called.csv, { query })
      const upload = await first.client.finished(one.body.id)
      assert.deepEqual([upload.state, upload.delivery.method], ['completed', 'callback'])
      await first.stop()

      stage.sandbox.setFaults([{ kind: 'callback-lost' }])
      const second = await stage.gateway(env)
      const polled = cleanFile({ rows: 300, prefix: 'P' })
      const two = await second.client.upload(LIST, polled.csv, { query })
      assert.equal((await second.client.finished(two.body.id)).state, 'completed')
      const expected = new Map([...called.expected, ...polled.expected])
      assert.deepEqual(differences(stage.sandbox.contents(LIST), expected), [])
      assert.ok(![...first.output, ...second.output].some((line) => line.includes('token=')))
    } finally {
      await stage.close()
    }
  })

  test('kill -9 while a part is on its way loses nothing and doubles nothing', async () => {
    const stage = await setStage(await home.fresh(), 'guide')
    const env = { GENESYS_FILE_THRESHOLD_ROWS: '1000' }
    try {
      stage.sandbox.setFaults([{ kind: 'slow', operation: 'file', delayMs: 400, count: 1 }])
      const first = await stage.gateway(env)
      const old = cleanFile({ rows: 6000 })
      const newer = cleanFile({ rows: 2000, from: 1000, version: 2 })
      const uploads = [
        await first.client.upload(LIST, old.csv, { key: 'old' }),
        await first.client.upload(LIST, newer.csv, { key: 'newer' }),
      ]
      await first.event('part.sent')
      await first.kill()

      const second = await stage.gateway(env)
      for (const { body } of uploads) {
        const upload = await second.client.finished(body.id)
        assert.equal(upload.state, 'completed')
        assert.equal(upload.counts.delivered, upload.counts.accepted)
      }
      const expected = new Map([...old.expected, ...newer.expected])
      assert.deepEqual(differences(stage.sandbox.contents(LIST), expected), [])
      assert.equal(stage.sandbox.ledger({ listId: LIST }).requestIds.conflicting, 0)
    } finally {
      await stage.close()
    }
  })

  for (const dialect of ['guide', 'platform'] as const) {
    for (const delivery of ['batches', 'file'] as const) {
      test(`overwriting leaves exactly the new contacts (${dialect}, ${delivery})`, async () => {
        const stage = await setStage(await home.fresh(), dialect)
        try {
          const { client } = await stage.gateway({ GENESYS_BATCH_ROWS: '500' })
          const before = cleanFile({ rows: 1500 })
          await client.finished((await client.upload(LIST, before.csv)).body.id)
          const query = `mode=overwrite&confirmOverwrite=${LIST}&delivery=${delivery}`
          const after = cleanFile({ rows: 1200, from: 1000 })
          const { body, status, text } = await client.upload(LIST, after.csv, { query })
          assert.equal(status, 202, text)
          const upload = await client.finished(body.id)
          assert.deepEqual(
            [upload.state, upload.counts.delivered, upload.counts.unchanged],
            ['completed', 1200, 0],
          )
          assert.deepEqual(differences(stage.sandbox.contents(LIST), after.expected), [])
          // The register has nothing from before the overwriting. Rows that were wiped are sent
          // again, and rows that Genesys holds are not.
          const again = await client.finished((await client.upload(LIST, before.csv)).body.id)
          assert.deepEqual([again.counts.delivered, again.counts.unchanged], [1000, 500])
        } finally {
          await stage.close()
        }
      })
    }
  }
})
