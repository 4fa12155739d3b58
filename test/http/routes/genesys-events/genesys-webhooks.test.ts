import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'

import { WEBHOOK_PATHS } from '../../../../src/domain/genesys-events/genesys-webhook.ts'
import { systemClock } from '../../../../src/lib/clock.ts'
import { createIds } from '../../../../src/lib/ids.ts'
import { createReceiveWebhook } from '../../../../src/workflows/genesys-events/receive-webhook.ts'
import {
  SECRET,
  TOKEN,
  EVENT_TOKEN,
  CALLBACK,
  BODY,
  startWebhooks,
} from '../../../support/gateway/fake-webhooks.ts'
import { startFakeServer } from '../../../support/gateway/http-fakes.ts'
import {
  createMemoryDncChanges,
  createMemoryReceipts,
} from '../../../support/memory/memory-receipts.ts'

test('a callback with the token of its part is kept once and answered 200, a repetition too', async (t) => {
  const { callback, receipts, told } = await startWebhooks(t)
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
  const { callback, receipts } = await startWebhooks(t)
  await callback(BODY)
  await callback(JSON.stringify({ ...CALLBACK, timestamp: '2026-03-01T12:09:00Z' }))
  assert.equal(receipts.kept.length, 1)
  await callback(JSON.stringify({ ...CALLBACK, status: 'error' }))
  await callback(JSON.stringify({ ...CALLBACK, uploadId: 'job-2' }))
  assert.equal(receipts.kept.length, 3)
})

test('progress is kept without any effect to follow', async (t) => {
  const { callback, receipts } = await startWebhooks(t)
  const answer = await callback(JSON.stringify({ ...CALLBACK, status: 'in_progress' }))
  assert.equal(answer.statusCode, 200)
  assert.equal(receipts.kept[0]?.ignored, 'progress')
})

test('a proven sender with a body of another shape hears 400, and a receipt says that it came', async (t) => {
  const { callback, post, receipts } = await startWebhooks(t)
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
  const { post, receipts } = await startWebhooks(t)
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

test('a body over 64 KiB is 413 before anything is looked at, and another method is 405', async (t) => {
  const { app, callback, receipts } = await startWebhooks(t)
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
      // After the answer, the route waits for no more of the body.
      sleep: (ms) =>
        new Promise<void>((resolve) => {
          if (ms === 0) resolve()
          else timers.push(resolve)
        }),
    },
    limits: { maxUploadBytes: 1_000_000, drainMs: 0 },
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
  assert.match(await text(socket), /^HTTP\/1\.1 408 /)
  assert.equal(receipts.kept.length, 0)
})
