import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'

import { Webhook } from 'standardwebhooks'

import { capabilityToken } from '../../src/domain/genesys-events/capability-token.ts'
import { SUBSCRIPTIONS } from '../../src/domain/genesys-events/genesys-webhook.ts'
import { embeddedHome, serverHome, type TestHome } from '../support/databases/database.ts'
import { freePort } from '../support/gateway/free-port.ts'
import { createGatewayClient } from '../support/gateway/gateway-client.ts'
import { ADMIN_KEY, reachableEnv, startGateway } from '../support/gateway/gateway-process.ts'
import { cleanFile } from '../support/stages/contact-file.ts'
import { setStage } from '../support/stages/stage.ts'

const SECRET = `whsec_${Buffer.alloc(32, 3).toString('base64')}`
const TOKEN = capabilityToken(SECRET, SUBSCRIPTIONS.event.part, SUBSCRIPTIONS.event.eventType)
/**
 * Polls are so far apart that an upload ends in time only if the gateway uses Genesys'
 * notification.
 */
const NO_POLL = { GENESYS_COMPLETION_POLL_SECONDS: '600', WEBHOOK_SECRET: SECRET }
const LISTS = [1, 2, 3, 4].map((n) => `demo-list-${n}`)

const homes = { embedded: embeddedHome(), server: serverHome() }
const close = async (): Promise<void> => {
  await homes.embedded.close()
  await homes.server.close()
}

/** A body that pauses after its first bytes until the test releases it. */
const heldFile = (csv: string) => {
  const begun = Promise.withResolvers<void>()
  const go = Promise.withResolvers<void>()
  const body = async function* (): AsyncGenerator<Uint8Array> {
    yield Buffer.from(csv.slice(0, 1000))
    begun.resolve()
    await go.promise
    yield Buffer.from(csv.slice(1000))
  }
  return { body: body(), begun: begun.promise, go: go.resolve }
}

const answersWhileReceiving = async (home: TestHome): Promise<void> => {
  const stage = await setStage(await home.fresh(), 'guide')
  try {
    const gateway = await stage.gateway(NO_POLL)
    const file = heldFile(cleanFile({ rows: 500 }).csv)
    const upload = gateway.client.upload('demo-contacts', file.body)
    await file.begun
    const body = JSON.stringify({ jobId: 'of-nobody' })
    const signature = new Webhook(SECRET).sign('msg_1', new Date(), body)
    const answer = await fetch(`${gateway.address}/webhooks/genesys/uploads`, {
      method: 'POST',
      headers: {
        'webhook-id': 'msg_1',
        'webhook-timestamp': String(Math.floor(Date.now() / 1000)),
        'webhook-signature': signature,
      },
      body,
    })
    assert.deepEqual([answer.status, await answer.json()], [200, { received: true }])
    file.go()
    assert.equal((await upload).status, 202)
  } finally {
    await stage.close()
  }
}

describe('Webhooks from Genesys', () => {
  after(close)
  test('are answered while an upload streams in, on the embedded home', () =>
    answersWhileReceiving(homes.embedded))

  test(
    'end the uploads of both gateways, though Genesys calls only one of them, and the token shows nowhere',
    { skip: homes.server.skip },
    async () => {
      const stage = await setStage(await homes.server.fresh(), 'guide')
      try {
        const port = await freePort()
        const at = { PUBLIC_URL: `http://127.0.0.1:${port}` }
        const called = await stage.gateway({ ...NO_POLL, ...at, PORT: String(port) })
        for (const which of ['event', 'dnc']) {
          await called.event(
            'webhook.subscription',
            ({ outcome, route }) => outcome === 'registered' && route === which,
          )
        }
        const other = await stage.gateway({ ...NO_POLL, ...at })
        const uploads: string[] = []
        for (const [index, list] of LISTS.entries()) {
          const { client } = index % 2 === 0 ? other : called
          const { body } = await client.upload(list, cleanFile({ rows: 50, prefix: list }).csv)
          uploads.push(body.id)
        }
        for (const id of uploads) {
          assert.equal((await other.client.finished(id)).state, 'completed')
          await stage.crm.message(({ data }) => data.uploadId === id)
          assert.equal(new Set(stage.crm.about(id).map((message) => message.id)).size, 1)
        }
        assert.ok(other.events('lane.claimed').length > 0)
        assert.equal(other.events('webhook.received').length, 0)
        const shown = [...called.output, ...other.output].join('\n')
        assert.ok(!shown.includes(TOKEN) && !shown.includes('token='))
        // Both gateways share one subscription to each event.
        assert.equal(other.events('webhook.subscription').length, 0)
        const metrics = (await called.client.call('/metrics')).text
        assert.match(metrics, /webhook_receipts_total\{route="event",outcome="accepted"\} [1-9]/)
        const ready = (await called.client.call('/readyz')).text
        assert.match(ready, /subscribed to the end of uploads/)
      } finally {
        await stage.close()
      }
    },
  )

  test('are subscribed to again when the sandbox inside of the gateway began anew with it', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'gateway-e2e-'))
    const env = { ...(await reachableEnv()), DATA_DIR: dataDir }
    for (let start = 0; start < 2; start += 1) {
      const gateway = await startGateway(env)
      try {
        await gateway.event(
          'webhook.subscription',
          ({ outcome, route }) => outcome === 'registered' && route === 'event',
        )
        const client = createGatewayClient(gateway.address, ADMIN_KEY)
        const csv = cleanFile({ rows: 20, prefix: `start-${start}` }).csv
        await client.finished((await client.upload('demo-contacts', csv)).body.id)
        await gateway.event('webhook.received')
      } finally {
        await gateway.stop()
      }
    }
    await rm(dataDir, { recursive: true })
  })
})
