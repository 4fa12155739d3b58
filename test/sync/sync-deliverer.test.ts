import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { describe, it } from 'node:test'

import { Webhook } from 'standardwebhooks'

import { systemClock } from '../../src/lib/clock.ts'
import { createIds } from '../../src/lib/ids.ts'
import { createSlowEndpoints } from '../../src/sync/slow-endpoints.ts'
import { createSyncDeliverer } from '../../src/sync/sync-deliverer.ts'
import { nextSyncInMs, SYNC_SCHEDULE_MS } from '../../src/sync/sync-schedule.ts'
import { createWebhookTransport } from '../../src/sync/webhook-transport.ts'
import type {
  EndpointVerdict,
  SyncDelivery,
  SyncResult,
} from '../../src/workflows/ports/endpoints/sync.ts'

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const BODY = '{"type":"upload.completed","timestamp":"2026-03-01T12:00:00Z","data":{"a":"é"}}'

/** What was recorded, without the entries that are written only in some cases. */
const essence = ({
  disabledAudit: _entry,
  url: _url,
  ...result
}: SyncResult & { disabledAudit?: unknown; url?: string }) => {
  if (result.state !== 'pending') return result
  const { audit: _retried, ...rest } = result
  return rest
}

const setUp = async (
  t: TestContext,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
  more: Partial<SyncDelivery> & { verdict?: EndpointVerdict; timeoutMs?: number } = {},
) => {
  const received: { headers: IncomingMessage['headers']; body: string; path: string }[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (piece: string) => {
      body += piece
    })
    request.on('end', () => {
      received.push({ headers: request.headers, body, path: request.url ?? '' })
      answer(request, response)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const delivery: SyncDelivery = {
    id: 'dlv_1',
    tenantId: 'default',
    endpointId: 'whe_1',
    trusted: true,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    secrets: [SECRET],
    eventType: 'upload.completed',
    object: 'upl_1',
    body: BODY,
    attempts: 0,
    createdAt: new Date(),
    ...more,
  }
  const recorded: SyncResult[] = []
  const events: { name: string; fields: object }[] = []
  const transport = createWebhookTransport({ innerHosts: [], timeoutMs: more.timeoutMs ?? 30_000 })
  t.after(() => transport.close())
  const deliver = createSyncDeliverer({
    sync: {
      load: async (id) => (id === delivery.id ? delivery : null),
      record: async (_, result) => {
        recorded.push(result)
        return more.verdict ?? null
      },
      postpone: async () => assert.fail('nothing is postponed'),
    },
    slow: createSlowEndpoints(),
    fromMemory: { withinMs: 0, take: () => assert.fail('the endpoint is not slow') },
    transport,
    clock: systemClock,
    random: () => 0.5,
    emit: (name, fields) => void events.push({ name, fields }),
    ids: createIds({ clock: systemClock }),
  })
  return { deliver, received, recorded, delivery, server, events }
}

const status =
  (code: number, headers: Record<string, string> = {}) =>
  (_: IncomingMessage, response: ServerResponse): void =>
    void response.writeHead(code, headers).end('thanks')

describe('delivering an event', () => {
  it('posts the stored body with a signature that a Standard Webhooks verifier takes', async (t) => {
    const { deliver, received, recorded } = await setUp(t, status(204))
    await deliver('dlv_1')
    const { headers, body } = received[0]!
    assert.equal(body, BODY)
    assert.equal(headers['webhook-id'], 'dlv_1')
    new Webhook(SECRET).verify(body, headers as Record<string, string>)
    const other = new Webhook(Buffer.alloc(32, 8).toString('base64'))
    assert.throws(() => other.verify(body, headers as Record<string, string>))
    assert.equal(recorded[0]!.state, 'delivered')
    assert.ok('audit' in recorded[0]! && recorded[0].audit.action === 'sync.delivered')
  })

  it('tries again after an error, and does not follow a redirect', async (t) => {
    for (const code of [302, 404, 500]) {
      const { deliver, received, recorded } = await setUp(t, status(code, { location: '/other' }))
      await deliver('dlv_1')
      const failed = { attemptsBefore: 0, status: code, failure: 'answer', gone: false }
      assert.deepEqual(recorded.map(essence), [{ state: 'pending', nextInMs: 5_250, ...failed }])
      const [retried] = recorded
      assert.ok(retried?.state === 'pending')
      assert.deepEqual(
        [retried.audit.action, retried.audit.outcome, retried.audit.details],
        ['sync.retried', 'failed', { status: code, delayMs: 5_250 }],
      )
      assert.deepEqual(
        received.map(({ path }) => path),
        ['/hook'],
      )
    }
  })

  it('tries again when nobody answers in time or the connection breaks', async (t) => {
    const failed = { attemptsBefore: 0, status: null, failure: 'no_answer', gone: false }
    const again = [{ state: 'pending', nextInMs: 5_250, ...failed }]
    const silent = await setUp(t, () => undefined, { timeoutMs: 300 })
    await silent.deliver('dlv_1')
    assert.deepEqual(silent.recorded.map(essence), again)
    const broken = await setUp(t, (request) => request.socket.destroy())
    await broken.deliver('dlv_1')
    assert.deepEqual(broken.recorded.map(essence), again)
  })

  it('is dead on 410 and when the schedule is used up', async (t) => {
    const gone = await setUp(t, status(410))
    await gone.deliver('dlv_1')
    assert.equal(gone.recorded[0]!.state, 'dead')
    assert.ok('gone' in gone.recorded[0]! && gone.recorded[0].gone)
    const last = await setUp(t, status(500), { attempts: SYNC_SCHEDULE_MS.length })
    await last.deliver('dlv_1')
    assert.equal(last.recorded[0]!.state, 'dead')
    const [result] = last.recorded
    assert.ok(result?.state === 'dead' && result.audit.action === 'sync.dead' && !result.gone)
    assert.equal(result.disabledAudit.object, 'whe_1')
  })

  it('signs with the present secret and with the one before it, so that either verifies', async (t) => {
    const older = `whsec_${Buffer.alloc(32, 9).toString('base64')}`
    const { deliver, received } = await setUp(t, status(204), { secrets: [SECRET, older] })
    await deliver('dlv_1')
    const { headers, body } = received[0]!
    assert.match(String(headers['webhook-signature']), /^v1,\S+ v1,\S+$/)
    for (const secret of [SECRET, older]) {
      new Webhook(secret).verify(body, headers as Record<string, string>)
    }
  })

  it('tells when its failure disabled the endpoint or makes it one to look at', async (t) => {
    const about = { consecutiveFailures: 12, failingMs: 1000 }
    for (const [kind, name] of [
      ['warn', 'sync.endpoint_failing'],
      ['failing', 'sync.endpoint_disabled'],
      ['gone', 'sync.endpoint_disabled'],
    ] as const) {
      const { deliver, events } = await setUp(t, status(500), { verdict: { kind, ...about } })
      await deliver('dlv_1')
      const told = { tenantId: 'default', endpointId: 'whe_1', ...about }
      const fields = kind === 'warn' ? told : { ...told, reason: kind }
      assert.deepEqual(events[1], { name, fields })
    }
  })

  it('does not read an endless answer to its end', async (t) => {
    const { deliver, recorded } = await setUp(t, (_, response) => {
      const pour = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(16_384)));
      }
      response.writeHead(200).on('drain', pour)
      pour()
    })
    await deliver('dlv_1')
    assert.equal(recorded[0]!.state, 'delivered')
  })

  it('passes over a delivery that is unknown or over', async (t) => {
    const { deliver, received, recorded } = await setUp(t, status(200))
    await deliver('dlv_2')
    assert.equal(received.length + recorded.length, 0)
  })
})

describe('the schedule', () => {
  it('waits as the table says, never shorter, a tenth longer at most', () => {
    for (const [index, waitMs] of SYNC_SCHEDULE_MS.entries()) {
      assert.equal(
        nextSyncInMs(index + 1, () => 0),
        waitMs,
      )
      assert.ok(nextSyncInMs(index + 1, () => 0.999)! <= waitMs * 1.1)
    }
    assert.equal(
      nextSyncInMs(SYNC_SCHEDULE_MS.length + 1, () => 0),
      null,
    )
  })
})
