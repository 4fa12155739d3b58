import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'

import type { FaultPlan } from '../../../src/sandbox/faults/fault-plan.ts'
import type { SandboxOptions } from '../../../src/sandbox/server/start-sandbox.ts'
import {
  BULK,
  CALLBACK_UPLOAD,
  createManualClock,
  csvFile,
  guideRow,
  openSandbox,
} from '../caller.ts'
import { openCallbackTarget } from './callback-target.ts'

const EVENT = 'outbound.contact.upload.completed'

const open = async (
  t: TestContext,
  faults: FaultPlan = [],
  target: Parameters<typeof openCallbackTarget>[1] = {},
  options: Partial<SandboxOptions> = {},
) => {
  const caller = await openSandbox(t, options)
  const receiver = await openCallbackTarget(t, target)
  caller.sandbox.setFaults(faults)
  const send = async (...ids: string[]): Promise<string> => {
    const options = {
      duplicateCheckField: 'customerId',
      duplicateCheckBehavior: 'update',
      columnMappings: [{ name: 'phoneNumber', type: 'Phone' }],
      callbackUrl: `${receiver.url}/done?token=secret`,
    }
    const lines = ids.map((id) => `${id},+14155550100`)
    const sent = await caller.post(CALLBACK_UPLOAD, [
      ['uploadOptions', JSON.stringify(options)],
      csvFile('customerId,phoneNumber', ...lines),
    ])
    return sent.body.uploadId
  }
  return { ...caller, receiver, send }
}

const subscription = (url: string, eventType = EVENT) => ({
  name: 'gateway',
  description: 'tells',
  enabled: true,
  eventDefinition: { eventType },
  httpTarget: {
    url,
    httpMethod: 'POST',
    contentType: 'application/json',
    authentication: { authenticationType: 'NONE' },
  },
})

test('a callback says what became of the upload, once and without a signature', async (t) => {
  const { send, receiver, sandbox } = await open(t)
  const uploadId = await send('a', 'b', '-')
  const [heard] = await receiver.count(1)
  assert.equal(heard?.path, '/done?token=secret')
  const { timestamp, ...body } = heard?.body ?? {}
  assert.deepEqual(body, {
    contactListId: 'demo-contacts',
    uploadId,
    status: 'success',
    recordsProcessed: 2,
    recordsFailed: 1,
  })
  assert.match(String(timestamp), /^\d{4}-\d\d-\d\dT.*Z$/)
  assert.deepEqual(
    Object.keys(heard?.headers ?? {}).filter((name) => /webhook|signature|auth/.test(name)),
    [],
  )
  await sandbox.calledBack()
  const { sent, taken, lost, byUpload } = sandbox.ledger().callbacks
  assert.deepEqual(
    { sent, taken, lost, byUpload },
    { sent: 1, taken: 1, lost: 0, byUpload: { [uploadId]: 1 } },
  )
})

test('a failed job calls back with error, and the plan can make a callback lie', async (t) => {
  const { send, receiver } = await open(t, [
    { kind: 'job-failed', operation: 'callback-file', count: 1 },
    { kind: 'callback-misreported', status: 'error', after: 1 },
  ])
  await send('a')
  assert.equal((await receiver.count(1))[0]?.body['status'], 'error')
  await send('b')
  const lie = (await receiver.count(2))[1]?.body
  assert.deepEqual([lie?.['status'], lie?.['recordsProcessed']], ['error', 1])
})

test('callbacks are lost, repeated, and followed by an in_progress that comes too late', async (t) => {
  const { send, receiver, sandbox } = await open(t, [
    { kind: 'callback-lost', count: 1 },
    { kind: 'callback-duplicated', times: 2, count: 1 },
    { kind: 'callback-progress', afterFinal: true, after: 1 },
  ])
  const lost = await send('a')
  const repeated = await send('b')
  await receiver.count(3)
  const last = await send('c')
  const heard = await receiver.count(5)
  assert.deepEqual(
    heard.map(({ body }) => [body['uploadId'], body['status']]),
    [
      [repeated, 'success'],
      [repeated, 'success'],
      [repeated, 'success'],
      [last, 'success'],
      [last, 'in_progress'],
    ],
  )
  const { byUpload } = sandbox.ledger().callbacks
  assert.deepEqual(byUpload, { [lost]: 0, [repeated]: 3, [last]: 2 })
})

test('a callback held back comes after the one of a later upload', async (t) => {
  const { send, receiver } = await open(t, [
    { kind: 'callback-out-of-order', atMostMs: 60_000, count: 1 },
  ])
  const first = await send('a')
  const second = await send('b')
  const heard = await receiver.count(2)
  assert.deepEqual(
    heard.map(({ body }) => body['uploadId']),
    [second, first],
  )
})

test('a callback comes when its job is done, a late one that much after', async (t) => {
  const waits: number[] = []
  const clock = {
    ...createManualClock(),
    sleep: async (ms: number) => {
      waits.push(ms)
    },
  }
  const faults: FaultPlan = [{ kind: 'callback-late', delayMs: 7000, after: 1 }]
  const { send, sandbox } = await open(t, faults, {}, { clock, jobDelayMs: 300 })
  await send('a')
  await sandbox.calledBack()
  await send('b')
  await sandbox.calledBack()
  assert.deepEqual(waits, [300, 7300])
})

test('an upload whose answer is lost calls back all the same', async (t) => {
  const { send, receiver, sandbox } = await open(t, [
    { kind: 'executed-then-reset', operation: 'callback-file', count: 1 },
  ])
  await assert.rejects(send('a'))
  const [heard] = await receiver.count(1)
  assert.equal(heard?.body['uploadId'], sandbox.ledger().files[0]?.id)
})

test('an early callback is answered before the upload call is', async (t) => {
  let answered = false
  const { send, receiver } = await open(t, [{ kind: 'callback-early' }])
  const sending = send('a').then((uploadId) => {
    answered = true
    return uploadId
  })
  const [heard] = await receiver.count(1)
  assert.equal(answered, false)
  assert.equal(heard?.body['uploadId'], await sending)
})

test('a redirect is not followed, and the ledger tells how the callback was answered', async (t) => {
  const { send, sandbox, receiver } = await open(t, [], {
    status: 302,
    headers: { location: '/elsewhere' },
  })
  await send('a')
  await receiver.count(1)
  await sandbox.calledBack()
  assert.deepEqual(
    receiver.heard.map(({ path }) => path),
    ['/done?token=secret'],
  )
  assert.deepEqual(
    sandbox.ledger().callbacks.entries.map(({ answered }) => answered),
    [302],
  )
})

test('a registered webhook hears of every completed job, of its own event only', async (t) => {
  const { call, send, receiver, sandbox } = await open(t, [
    { kind: 'callback-lost', operation: 'callback' },
  ])
  const register = (body: object) => call('POST', '/api/v2/platform/webhooks', body)
  assert.equal((await register({ ...subscription('not a url') })).status, 400)
  const made = await register(subscription(`${receiver.url}/events?token=secret`))
  assert.equal(made.status, 201)
  assert.ok(made.body.id)
  await register(subscription(`${receiver.url}/dnc`, 'OUTBOUND_DNCLIST_ENTRY_CREATED'))
  const uploadId = await send('a')
  await receiver.count(1)
  const { jobId } = (await call('POST', BULK, [guideRow('b')])).body
  const heard = await receiver.count(2)
  assert.deepEqual(
    heard.map(({ path, body }) => [path, body['eventType'], body['jobId'], body['status']]),
    [
      ['/events?token=secret', EVENT, uploadId, 'success'],
      ['/events?token=secret', EVENT, jobId, 'success'],
    ],
  )
  const { webhooks, events, callbacks } = sandbox.ledger()
  assert.deepEqual([events.sent, callbacks.sent, callbacks.lost], [2, 0, 1])
  assert.equal(webhooks.length, 2)
  assert.doesNotMatch(JSON.stringify(webhooks), /secret/)
})

test('the same seed makes the same callbacks get lost', async (t) => {
  const { send, sandbox } = await open(t)
  const lostWith = async (seed: number) => {
    sandbox.setFaults({ seed, rules: [{ kind: 'callback-lost', probability: 0.5 }] })
    const before = sandbox.ledger().faultsFired.total
    const pattern = []
    for (let n = 0; n < 12; n += 1) {
      await send('a')
      pattern.push(sandbox.ledger().faultsFired.total - before)
    }
    return pattern.join(' ')
  }
  const first = await lostWith(7)
  assert.equal(await lostWith(7), first)
  assert.notEqual(await lostWith(8), first)
})

test('callbacks go to the origin that the sandbox is told, whatever host they were asked for at', async (t) => {
  const receiver = await openCallbackTarget(t, {})
  const { post } = await openSandbox(t, { callbackOrigin: receiver.url })
  const options = {
    duplicateCheckField: 'customerId',
    duplicateCheckBehavior: 'update',
    columnMappings: [{ name: 'phoneNumber', type: 'Phone' }],
    callbackUrl: 'https://gateway.invalid:8443/done?token=secret',
  }
  await post(CALLBACK_UPLOAD, [
    ['uploadOptions', JSON.stringify(options)],
    csvFile('customerId,phoneNumber', 'a,+14155550100'),
  ])
  const [heard] = await receiver.count(1)
  assert.equal(heard?.path, '/done?token=secret')
})
