import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'

import { Webhook } from 'standardwebhooks'

import { capabilityToken } from '../../../../src/domain/genesys-events/capability-token.ts'
import {
  SUBSCRIPTIONS,
  WEBHOOK_PATHS,
} from '../../../../src/domain/genesys-events/genesys-webhook.ts'
import { systemClock } from '../../../../src/lib/clock.ts'
import { createIds } from '../../../../src/lib/ids.ts'
import type { GatewayEvents } from '../../../../src/telemetry/events.ts'
import { createReceiveWebhook } from '../../../../src/workflows/genesys-events/receive-webhook.ts'
import { startFakeServer } from '../../../support/gateway/http-fakes.ts'
import {
  createMemoryDncChanges,
  createMemoryReceipts,
} from '../../../support/memory/memory-receipts.ts'

const secretOf = (fill: number): string => `whsec_${Buffer.alloc(32, fill).toString('base64')}`
const SECRET = secretOf(1)
const OLDER = secretOf(2)
const TOKEN = capabilityToken(SECRET, 'part-1', 'list-1')
const EVENT_TOKEN = capabilityToken(SECRET, SUBSCRIPTIONS.event.part, SUBSCRIPTIONS.event.eventType)
const DNC_TOKEN = capabilityToken(SECRET, SUBSCRIPTIONS.dnc.part, SUBSCRIPTIONS.dnc.eventType)

const CALLBACK = {
  contactListId: 'list-1',
  uploadId: 'job-1',
  status: 'success',
  recordsProcessed: 2,
  recordsFailed: 0,
  timestamp: '2026-03-01T12:00:00Z',
}
const BODY = JSON.stringify(CALLBACK)

const start = async (t: TestContext) => {
  const receipts = createMemoryReceipts({ 'part-1': 'list-1' })
  const told: GatewayEvents['webhook.received'][] = []
  const dncChanges = createMemoryDncChanges()
  const receive = createReceiveWebhook({
    ...{ receipts, dncChanges, clock: systemClock },
    secrets: [SECRET, OLDER],
    ids: createIds({ clock: systemClock }),
    emit: (name, fields) => {
      if (name === 'webhook.received') told.push(fields as GatewayEvents['webhook.received'])
    },
  })
  const fake = await startFakeServer({
    genesysWebhooks: { receive, secrets: [SECRET, OLDER] },
  })
  t.after(() => fake.app.close())
  const post = (path: string, payload: string | Buffer, headers: Record<string, string> = {}) =>
    fake.app.inject({ method: 'POST', url: path, payload, headers })
  const callback = (payload: string | Buffer, token = TOKEN) =>
    post(`${WEBHOOK_PATHS.callback}?token=${token}`, payload, {
      'content-type': 'application/json',
    })
  const signed = (
    body: string | Buffer,
    about: { secret?: string; at?: number; id?: string; path?: string } = {},
  ) => {
    const { secret = SECRET, at = Date.now(), id = 'msg_1', path = WEBHOOK_PATHS.event } = about
    return post(path, body, {
      'webhook-id': id,
      'webhook-timestamp': String(Math.floor(at / 1000)),
      'webhook-signature': new Webhook(secret).sign(id, new Date(at), body.toString()),
    })
  }
  const dnc = (payload: string, token = DNC_TOKEN) =>
    post(`${WEBHOOK_PATHS.dnc}?token=${token}`, payload)
  return { ...fake, receipts, dncChanges, told, post, callback, signed, dnc }
}

test('a callback with the token of its part is kept once and answered 200, a repetition too', async (t) => {
  const { callback, receipts, told } = await start(t)
  for (const _ of [1, 2, 3]) {
    const answer = await callback(BODY)
    assert.equal(answer.statusCode, 200)
    assert.deepEqual(answer.json(), { received: true })
  }
  assert.equal(receipts.kept.length, 1)
  const [{ partId, jobId, listId, status, processed, failed, ignored } = assert.fail()] =
    receipts.kept
  assert.deepEqual([partId, jobId, listId, status], ['part-1', 'job-1', 'list-1', 'success'])
  assert.deepEqual([processed, failed, ignored], [2, 0, null])
  assert.deepEqual(
    told.map(({ outcome }) => outcome),
    ['accepted', 'duplicate', 'duplicate'],
  )
})

test('the same word at another time is a duplicate, another word on the job is not', async (t) => {
  const { callback, receipts } = await start(t)
  await callback(BODY)
  await callback(JSON.stringify({ ...CALLBACK, timestamp: '2026-03-01T12:09:00Z' }))
  assert.equal(receipts.kept.length, 1)
  await callback(JSON.stringify({ ...CALLBACK, status: 'error' }))
  await callback(JSON.stringify({ ...CALLBACK, uploadId: 'job-2' }))
  assert.equal(receipts.kept.length, 3)
})

test('progress is kept without any effect to follow', async (t) => {
  const { callback, receipts } = await start(t)
  const answer = await callback(JSON.stringify({ ...CALLBACK, status: 'in_progress' }))
  assert.equal(answer.statusCode, 200)
  assert.equal(receipts.kept[0]?.ignored, 'progress')
})

test('without proof nothing is stored: 401, and a metric', async (t) => {
  const { post, callback, receipts, told } = await start(t)
  const answers = [
    await post(WEBHOOK_PATHS.callback, BODY),
    await post(`${WEBHOOK_PATHS.callback}?token=`, BODY),
    await post(`${WEBHOOK_PATHS.callback}?token=${TOKEN}&token=${TOKEN}`, BODY),
    await callback(BODY, capabilityToken(secretOf(9), 'part-1', 'list-1')),
    await callback(BODY, capabilityToken(SECRET, 'part-1', 'list-2')),
    await callback(BODY, capabilityToken(SECRET, 'part-dead', 'list-1')),
    await callback(BODY, EVENT_TOKEN),
    await post(`${WEBHOOK_PATHS.event}?token=${TOKEN}`, BODY),
    await post(
      `${WEBHOOK_PATHS.event}?token=${capabilityToken(SECRET, 'part-1', SUBSCRIPTIONS.event.eventType)}`,
      BODY,
    ),
    await callback('not json', 'wrong'),
  ]
  for (const answer of answers) {
    assert.equal(answer.statusCode, 401)
    assert.equal(answer.json().code, 'webhook-proof-invalid')
  }
  assert.equal(receipts.kept.length, 0)
  assert.deepEqual([...new Set(told.map(({ outcome }) => outcome))], ['forged'])
  assert.equal(told.length, answers.length)
})

test('a token that has not the form of one never reaches the database', async (t) => {
  const { callback, receipts } = await start(t)
  for (const token of ['x', "part-1'--.AAAAAAAAAAAAAAAAAAAAAA", 'a'.repeat(5_000)]) {
    await callback(BODY, encodeURIComponent(token))
  }
  assert.deepEqual(receipts.asked, [])
})

test('the token shows in no event and no answer, whatever becomes of the call', async (t) => {
  const { post, callback, events, told } = await start(t)
  const answers = [
    await callback(BODY),
    await callback('{'),
    await callback(BODY, `${TOKEN.slice(0, -1)}_`),
    await callback('x'.repeat(70_000)),
    await post(`${WEBHOOK_PATHS.callback}/nowhere?token=${TOKEN}`, BODY),
    await post(`${WEBHOOK_PATHS.callback}?token=${TOKEN}%zz&%=`, BODY),
  ]
  const shown = JSON.stringify([events, told, answers.map(({ headers, body }) => [headers, body])])
  assert.ok(events.some(({ name }) => name === 'http.answered'))
  assert.ok(!shown.includes(TOKEN.slice(0, 30)))
  assert.ok(!shown.includes(TOKEN.split('.')[1]!.slice(0, 10)))
})

test('a proven sender with a body of another shape hears 400, and a receipt says that it came', async (t) => {
  const { callback, post, receipts } = await start(t)
  const bodies = [
    '',
    '{',
    '[]',
    'null',
    '"x"',
    '['.repeat(60_000),
    Buffer.from([0xff, 0xfe, 0x7b]),
    JSON.stringify({ ...CALLBACK, status: 'done' }),
    JSON.stringify({ ...CALLBACK, uploadId: '' }),
    JSON.stringify({ ...CALLBACK, uploadId: 'x'.repeat(129) }),
    JSON.stringify({ ...CALLBACK, recordsProcessed: -1 }),
    JSON.stringify({ ...CALLBACK, timestamp: undefined }),
  ]
  for (const body of bodies) {
    const answer = await callback(body)
    assert.equal(answer.statusCode, 400, body.toString().slice(0, 80))
    assert.equal(answer.json().code, 'webhook-malformed')
  }
  assert.equal((await post(`${WEBHOOK_PATHS.event}?token=${EVENT_TOKEN}`, '{}')).statusCode, 400)
  assert.equal(receipts.kept.length, bodies.length + 1)
  assert.ok(receipts.kept.every(({ ignored, jobId }) => ignored === 'malformed' && jobId === null))
})

test('an event is read wherever it names its job, under any content type', async (t) => {
  const { post, receipts } = await start(t)
  const path = `${WEBHOOK_PATHS.event}?token=${EVENT_TOKEN}&source=genesys`
  const bodies = [
    { jobId: 'job-1' },
    { eventBody: { uploadId: 'job-2', status: 'COMPLETED', contactListId: 'list-1' } },
    { data: { detail: { jobId: 'job-3', state: 'failed' } } },
    { uploadId: 'job-4', status: 'in_progress' },
  ]
  const types = ['application/json', 'text/plain', 'application/x-www-form-urlencoded', 'x;;']
  for (const [index, body] of bodies.entries()) {
    const answer = await post(path, JSON.stringify(body), { 'content-type': types[index]! })
    assert.equal(answer.statusCode, 200)
  }
  assert.deepEqual(
    receipts.kept.map(({ jobId, status, ignored }) => [jobId, status, ignored]),
    [
      ['job-1', null, null],
      ['job-2', 'success', null],
      ['job-3', 'error', null],
      ['job-4', 'in_progress', 'progress'],
    ],
  )
})

test('a signature stands for a token on both addresses, under the current secret and the older one', async (t) => {
  const { signed, receipts } = await start(t)
  assert.equal((await signed(BODY)).statusCode, 200)
  assert.equal((await signed(BODY, { secret: OLDER, id: 'msg_2' })).statusCode, 200)
  const path = WEBHOOK_PATHS.callback
  assert.equal((await signed(BODY, { path, id: 'msg_3' })).statusCode, 200)
  assert.equal(receipts.kept.length, 3)
  assert.equal(receipts.kept[2]?.partId, null)
})

test('a signed message counts once by its id, also when it is replayed within the five minutes', async (t) => {
  const { signed, receipts } = await start(t)
  await signed(BODY)
  const again = await signed(BODY, { at: Date.now() - 200_000 })
  assert.deepEqual(again.json(), { received: true })
  assert.equal(receipts.kept.length, 1)
})

test('a signature five minutes off, of another secret, or beside a wrong token is no proof', async (t) => {
  const { signed, receipts } = await start(t)
  for (const about of [
    { at: Date.now() - 302_000 },
    { at: Date.now() + 302_000 },
    { secret: secretOf(9) },
    { path: `${WEBHOOK_PATHS.event}?token=wrong` },
  ]) {
    assert.equal((await signed(BODY, about)).statusCode, 401)
  }
  assert.equal(receipts.kept.length, 0)
})

test('one byte changed in the body or the headers of a signed message is 401', async (t) => {
  const { post, receipts } = await start(t)
  const at = new Date()
  const body = Buffer.from(`${BODY.slice(0, -1)},"note":"\u{fffd}"}`)
  const headers = {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(SECRET).sign('msg_1', at, body.toString()),
  }
  const send = async (sent: Buffer, more: Record<string, string> = {}): Promise<number> =>
    (await post(WEBHOOK_PATHS.event, sent, { ...headers, ...more })).statusCode
  for (let place = 0; place < body.length; place += 1) {
    const changed = Buffer.from(body)
    changed[place] = changed[place]! ^ 0x41
    assert.equal(await send(changed), 401, `byte ${place}`)
  }
  // Bytes that are no UTF-8 read as the very replacement character that was signed.
  const replaced = Buffer.from(body.toString('latin1').replace('\xef\xbf\xbd', '\xff'), 'latin1')
  assert.equal(replaced.toString(), body.toString())
  assert.equal(await send(replaced), 401)
  for (const [name, value] of Object.entries(headers)) {
    for (let place = 0; place < value.length; place += 1) {
      const other = value[place] === '1' ? '2' : '1'
      const changed = value.slice(0, place) + other + value.slice(place + 1)
      assert.equal(await send(body, { [name]: changed }), 401, `${name} ${place}`)
    }
  }
  assert.equal(receipts.kept.length, 0)
  assert.equal(await send(body), 200)
})

test('a body over 64 KiB is 413 before anything is looked at, and another method is 405', async (t) => {
  const { app, callback, receipts } = await start(t)
  const large = await callback('x'.repeat(64 * 1024 + 1))
  assert.equal(large.statusCode, 413)
  assert.equal(large.json().code, 'webhook-too-large')
  assert.match(large.json().hint, /no rows/)
  assert.deepEqual([receipts.kept.length, receipts.asked.length], [0, 0])
  for (const method of ['GET', 'PUT', 'DELETE'] as const) {
    const answer = await app.inject({ method, url: `${WEBHOOK_PATHS.callback}?token=${TOKEN}` })
    assert.equal(answer.statusCode, 405)
    assert.equal(answer.headers['allow'], 'POST')
  }
})

test('a body that does not come to its end is no receipt, and its connection is closed', async (t) => {
  const timers: (() => void)[] = []
  const receipts = createMemoryReceipts({ 'part-1': 'list-1' })
  const ids = createIds({ clock: systemClock })
  const { app } = await startFakeServer({
    genesysWebhooks: {
      receive: createReceiveWebhook({
        ...{ receipts, dncChanges: createMemoryDncChanges(), clock: systemClock },
        ...{ secrets: [SECRET], ids, emit: () => {} },
      }),
      secrets: [SECRET],
    },
    clock: {
      ...systemClock,
      sleep: () => new Promise<void>((resolve) => timers.push(resolve)),
    },
  })
  t.after(() => app.close())
  await app.listen({ port: 0, host: '127.0.0.1' })
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
  socket.on('error', () => undefined)
  await once(socket, 'connect')
  const arrived = once(app.server, 'request')
  socket.write(
    `POST ${WEBHOOK_PATHS.callback}?token=${TOKEN} HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n${BODY}`,
  )
  await arrived
  for (const end of timers) end()
  await once(socket, 'close')
  assert.equal(receipts.kept.length, 0)
})

test('a change of a DNC list is taken with the token of its subscription or signed, and once', async (t) => {
  const { dnc, signed, dncChanges, told } = await start(t)
  const body = JSON.stringify({ id: 'evt-1', dncListId: 'list-7', at: 'x' })
  assert.deepEqual((await dnc(body)).json(), { received: true })
  await dnc(JSON.stringify({ id: 'evt-1', dncListId: 'list-7', at: 'later' }))
  await signed(JSON.stringify({ detail: { dncList: { id: 'list-8' } } }), {
    path: WEBHOOK_PATHS.dnc,
  })
  assert.deepEqual(
    dncChanges.kept.map(({ dncListId }) => dncListId),
    ['list-7', 'list-8'],
  )
  assert.deepEqual(
    told.map(({ route, outcome }) => [route, outcome]),
    [
      ['dnc', 'accepted'],
      ['dnc', 'duplicate'],
      ['dnc', 'accepted'],
    ],
  )
  assert.deepEqual(
    dncChanges.audit.map(({ action, object }) => [action, object]),
    [
      ['dnc.external_change', 'list-7'],
      ['dnc.external_change', 'list-8'],
    ],
  )
})

test('C21: nobody tells of a DNC list without the token of that subscription or a fresh signature', async (t) => {
  const { dnc, post, signed, dncChanges, told } = await start(t)
  const body = JSON.stringify({ dncListId: 'list-7' })
  const { part, eventType } = SUBSCRIPTIONS.dnc
  const answers = [
    await post(WEBHOOK_PATHS.dnc, body),
    await dnc(body, EVENT_TOKEN),
    await dnc(body, TOKEN),
    await dnc(body, capabilityToken(secretOf(9), part, eventType)),
    await post(`${WEBHOOK_PATHS.event}?token=${DNC_TOKEN}`, body),
    await signed(body, { path: WEBHOOK_PATHS.dnc, at: Date.now() - 6 * 60_000 }),
    await signed(body, { path: WEBHOOK_PATHS.dnc, secret: secretOf(9) }),
  ]
  assert.deepEqual(
    answers.map(({ statusCode }) => statusCode),
    answers.map(() => 401),
  )
  assert.deepEqual(dncChanges.kept, [])
  assert.ok(told.every(({ outcome }) => outcome === 'forged'))
})

test('a change that names no DNC list is refused with the field, and audited once', async (t) => {
  const { dnc, dncChanges, told } = await start(t)
  const bodies: [string, string][] = [
    ['{"id":"evt-1"}', '/dncListId'],
    ['{"dncListId":17}', '/dncListId'],
    ['{"dncListId":"a/b c"}', '/dncListId'],
    ['[]', ''],
    ['{"dncListId":', ''],
  ]
  for (const [body, pointer] of bodies) {
    const answer = await dnc(body)
    assert.equal(answer.statusCode, 400, body)
    const { code, errors } = answer.json<{ code: string; errors: { pointer: string }[] }>()
    assert.deepEqual([code, errors.map((one) => one.pointer)], ['webhook-malformed', [pointer]])
  }
  assert.ok(told.every(({ outcome }) => outcome === 'malformed'))
  assert.deepEqual(
    dncChanges.audit.map(({ action, details }) => [action, details]),
    bodies.map(([, field]) => ['webhook.malformed', { route: 'dnc', field }]),
  )
})
