import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'

import type { FaultPlan } from '../../../src/sandbox/faults/fault-plan.ts'
import { createManualClock, openSandbox } from '../caller.ts'

const LIST = 'sandbox-dnc-list'
const PATH = `/api/v2/outbound/dnclists/${LIST}/entries`
const [A, B, C] = ['+14155550101', '+14155550102', '+14155550103'] as const

const open = async (t: TestContext, faults: FaultPlan = []) => {
  const clock = createManualClock()
  const opened = await openSandbox(t, { clock })
  opened.sandbox.setFaults(faults)
  const add = async (key: string, phoneNumbers: string[], more: object = {}, path = PATH) => {
    const body = { phoneNumbers, reason: 'REGULATORY', expires: null, ...more }
    const answer = await opened.call('POST', path, body, { headers: { 'idempotency-key': key } })
    return { status: answer.status, body: answer.body as object as Record<string, unknown> }
  }
  return { ...opened, clock, add }
}

test('entries are stored with their reason and expiry, and the tallies tell new from known', async (t) => {
  const { add, sandbox } = await open(t)
  assert.deepEqual((await add('k1', [A, B])).body, {
    ...{ created: 2, duplicate: 0, updated: 0, error: [] },
  })
  const again = await add('k2', [A, B, C], { expires: '2026-06-01T00:00:00Z' })
  assert.deepEqual(again.body, { created: 1, duplicate: 0, updated: 2, error: [] })
  assert.deepEqual(sandbox.dncList(LIST).entries.phone[A], {
    ...{ expiresAt: '2026-06-01T00:00:00.000Z', reason: 'REGULATORY', by: 'api', writes: 2 },
  })
  assert.equal((await add('k3', [A], {}, PATH.replace(LIST, 'nobody'))).status, 404)
})

test('a key brings its answer back without a second effect, and no other body', async (t) => {
  const { add, sandbox } = await open(t)
  const first = await add('k1', [A])
  assert.deepEqual(await add('k1', [A]), first)
  assert.equal(sandbox.dncList(LIST).entries.phone[A]?.writes, 1)
  assert.deepEqual(
    [(await add('k1', [B])).status, (await add('k1', [B])).body['code']],
    [422, 'idempotency.key.reused'],
  )
  sandbox.setFaults([{ kind: 'dnc-key-kept' }])
  const kept = await add('k1', [A])
  assert.deepEqual([kept.status, kept.body['code']], [409, 'idempotency.key.used'])
})

test('a key in progress is a conflict although its write has taken effect', async (t) => {
  const { add, sandbox, clock } = await open(t, [
    { kind: 'dnc-in-progress', forMs: 2_000, count: 1 },
  ])
  assert.equal((await add('k1', [A])).status, 409)
  assert.equal(sandbox.dncList(LIST).entries.phone[A]?.writes, 1)
  assert.equal((await add('k1', [A])).status, 409)
  clock.advance(2_000)
  assert.equal((await add('k1', [A])).status, 200)
})

for (const [named, errors] of [
  ['number', [{ phoneNumber: B }]],
  ['place', [{ field: 'phoneNumbers[1]' }]],
  ['group', [{ field: 'expires' }]],
  ['none', []],
] as const) {
  test(`entries are refused with 422, named by ${named}`, async (t) => {
    const { add, sandbox } = await open(t, [{ kind: 'dnc-refused', numbers: [B], named }])
    const { status, body } = await add('k1', [A, B])
    assert.equal(status, 422)
    const about = { code: 'phone.invalid', message: 'Refused by the fault plan' }
    assert.deepEqual(
      body['errors'],
      errors.map((place) => ({ ...place, ...about })),
    )
    assert.deepEqual(sandbox.dncList(LIST).entries.phone, {})
    assert.equal((await add('k2', [A])).status, 200)
  })
}

test('a 200 may name entries that were not stored, and its tallies may lie', async (t) => {
  const { add, sandbox } = await open(t, [
    { kind: 'dnc-entry-errors', numbers: [B] },
    { kind: 'dnc-tallies-lie', by: 3 },
  ])
  const { body } = await add('k1', [A, B])
  assert.deepEqual([body['created'], (body['error'] as object[]).length], [4, 1])
  assert.deepEqual(Object.keys(sandbox.dncList(LIST).entries.phone), [A])
})

test('more than 499 entries, a past expiry and a missing key are refused', async (t) => {
  const { add, call } = await open(t)
  const many = Array.from({ length: 500 }, (_, n) => `+1415556${String(n).padStart(4, '0')}`)
  assert.equal((await add('k1', many)).status, 413)
  assert.equal((await add('k2', [A], { expires: '2025-01-01T00:00:00Z' })).status, 422)
  const body = { phoneNumbers: [A], reason: 'REGULATORY', expires: null }
  assert.equal((await call('POST', PATH, body)).status, 400)
})

test('a sixth write at the same time is throttled', async (t) => {
  const { add, sandbox, clock } = await open(t, [{ kind: 'dnc-slow', delayMs: 1_000 }])
  const { promise, resolve } = Promise.withResolvers<void>()
  clock.sleep = () => promise
  const answers = [1, 2, 3, 4, 5, 6].map((n) => add(`k${n}`, [A]))
  assert.equal((await Promise.race(answers)).status, 429)
  resolve()
  const statuses = (await Promise.all(answers)).map(({ status }) => status)
  assert.deepEqual(
    statuses.toSorted((a, b) => a - b),
    [200, 200, 200, 200, 200, 429],
  )
  assert.equal(sandbox.dncList(LIST).mostAtOnce, 6)
})
