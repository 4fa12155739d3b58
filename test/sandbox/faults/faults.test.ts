import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'

import type { FaultPlan } from '../../../src/sandbox/faults/fault-plan.ts'
import {
  BULK,
  type Caller,
  CONTACTS,
  createManualClock,
  guideRow,
  LIST,
  openSandbox,
  platformContact,
} from '../caller.ts'

const held = (caller: Caller): number => caller.sandbox.contents('demo-contacts').size

/**
 * Sends a contact as a caller that gives up once the fault has occurred. Returns whether a complete
 * answer arrived.
 */
const answeredWhole = async (caller: Caller): Promise<boolean> => {
  const patience = new AbortController()
  const answered = caller.call('POST', BULK, [guideRow('a')], { signal: patience.signal }).then(
    () => true,
    () => false,
  )
  while (caller.sandbox.ledger().faultsFired.total === 0) await setImmediate()
  patience.abort()
  return answered
}

test('an injected status comes with the Retry-After asked for, as often as asked for', async (t) => {
  const { call, sandbox } = await openSandbox(t, { clock: createManualClock() })
  sandbox.setFaults([
    { kind: 'status', status: 429, retryAfter: 7, count: 1 },
    { kind: 'status', status: 429, retryAfter: 'date', retryAfterSeconds: 60, count: 1 },
    { kind: 'status', status: 503, operation: 'list', count: 1 },
  ])
  assert.equal((await call('GET', LIST)).headers.get('retry-after'), '7')
  const dated = await call('GET', LIST)
  assert.equal(dated.headers.get('retry-after'), 'Thu, 01 Jan 2026 00:01:00 GMT')
  const bare = await call('GET', LIST)
  assert.equal(bare.status, 503)
  assert.equal(bare.headers.get('retry-after'), null)
  assert.equal((await call('GET', LIST)).status, 200)
  const { violations, throttled, faultsFired } = sandbox.ledger()
  assert.deepEqual({ violations, throttled }, { violations: 0, throttled: 2 })
  assert.deepEqual(faultsFired, { total: 3, byKind: { status: 3 } })
})

for (const [kind, applied] of [
  ['reset', 0],
  ['timeout', 0],
  ['executed-then-reset', 1],
  ['executed-then-timeout', 1],
  ['truncated-body', 1],
] as const) {
  test(`${kind}: no whole answer comes, and the write ${applied ? 'took' : 'had no'} effect`, async (t) => {
    const caller = await openSandbox(t)
    caller.sandbox.setFaults([{ kind, operation: 'bulk', count: 1 }])
    assert.equal(await answeredWhole(caller), false)
    assert.equal(held(caller), applied)
    assert.equal((await caller.call('POST', BULK, [guideRow('a')])).status, 200)
    const [list] = caller.sandbox.ledger({ listId: 'demo-contacts' }).lists
    assert.equal(list?.overlappingRequests, 0)
    assert.equal(list?.appliedRequests, applied + 1)
  })
}

test('a list is PROCESSING for the time of the plan', async (t) => {
  const clock = createManualClock()
  const { call, sandbox } = await openSandbox(t, { clock })
  sandbox.setFaults([
    { kind: 'list-status', listStatus: 'PROCESSING', listId: 'demo-contacts', forMs: 1000 },
  ])
  assert.equal((await call('GET', LIST)).body.status, 'PROCESSING')
  assert.equal((await call('POST', BULK, [guideRow('a')])).status, 409)
  assert.equal((await call('GET', '/api/v2/outbound/lists/demo-list-1')).body.status, 'READY')
  clock.advance(1000)
  assert.equal((await call('POST', BULK, [guideRow('a')])).status, 200)
  sandbox.setFaults([{ kind: 'list-status', listStatus: 'ERROR' }])
  assert.equal((await call('GET', LIST)).body.status, 'ERROR')
  sandbox.setFaults([])
  assert.equal((await call('GET', LIST)).body.status, 'READY')
})

test('rows are rejected by id or by turn, named or only counted', async (t) => {
  const caller = await openSandbox(t)
  const errorsOf = async (plan: FaultPlan) => {
    caller.sandbox.setFaults(plan)
    const rows = ['a', 'b', 'c', 'd'].map((id) => guideRow(id))
    const { jobId } = (await caller.call('POST', BULK, rows)).body
    const job = (await caller.call('GET', `/api/v2/outbound/jobs/${jobId}`)).body
    return { failed: job.failed, named: job.errors.map((error) => error.index) }
  }
  assert.deepEqual(await errorsOf([{ kind: 'reject-rows', contactIds: ['b'] }]), {
    failed: 1,
    named: [1],
  })
  assert.deepEqual(await errorsOf([{ kind: 'reject-rows', everyNth: 2, nameRows: false }]), {
    failed: 2,
    named: [],
  })
  assert.deepEqual(await errorsOf([{ kind: 'job-failed' }]), { failed: 4, named: [] })
})

test('a batch that holds a refused contact is refused whole, in either dialect', async (t) => {
  const caller = await openSandbox(t)
  caller.sandbox.setFaults([
    { kind: 'refuse-batch-containing', contactIds: ['bad'], operation: 'contacts' },
    { kind: 'refuse-batch-containing', contactIds: ['bad'], status: 422, nameRows: true },
  ])
  const refused = await caller.call('POST', CONTACTS, [
    platformContact('a'),
    platformContact('bad'),
  ])
  assert.equal(refused.status, 400)
  assert.equal(refused.body.code, 'invalid.contact.id')
  const named = await caller.call('POST', BULK, [guideRow('a'), guideRow('bad')])
  assert.equal(named.status, 422)
  assert.equal(named.body.errors[0]?.index, 1)
  assert.equal(held(caller), 0)
  assert.equal((await caller.call('POST', CONTACTS, [platformContact('a')])).status, 200)
})

test('fields are dropped silently: undeclared ones, or declared ones by name', async (t) => {
  const { call, sandbox } = await openSandbox(t)
  sandbox.setFaults([
    { kind: 'drop-fields', count: 1 },
    { kind: 'drop-fields', fields: ['city'] },
  ])
  assert.equal((await call('POST', BULK, [guideRow('a', { shoeSize: '42' })])).status, 200)
  assert.equal((await call('POST', BULK, [guideRow('b', { city: 'Ulm' })])).status, 200)
  assert.equal(sandbox.contents('demo-contacts').get('b')?.['city'], null)
  assert.equal(sandbox.ledger({ listId: 'demo-contacts' }).lists[0]?.droppedCells, 2)
})

test('tokens are revoked once, and a throttled login is answered 400', async (t) => {
  const { call, login, sandbox } = await openSandbox(t)
  sandbox.setFaults([
    { kind: 'revoke-tokens', operation: 'bulk' },
    { kind: 'login-throttled', count: 1 },
  ])
  assert.equal((await call('POST', BULK, [guideRow('a')])).status, 401)
  const throttled = await login()
  assert.equal(throttled.status, 400)
  assert.equal(throttled.body.error, 'invalid_request')
  assert.match(throttled.body.error_description, /^rate limit exceeded/)
  assert.equal((await login()).status, 200)
  assert.equal((await call('POST', BULK, [guideRow('a')])).status, 200)
  assert.equal(sandbox.ledger().tokens.revocations, 1)
})

test('rules fire by turn and by the injected dice', async (t) => {
  const dice = [0.9, 0.1, 0.9]
  const { call, sandbox } = await openSandbox(t, { random: () => dice.shift() ?? 1 })
  const statuses = async (calls: number) => {
    const found = []
    for (let n = 0; n < calls; n += 1) found.push((await call('GET', LIST)).status)
    return found
  }
  sandbox.setFaults([{ kind: 'status', status: 500, after: 1, every: 2 }])
  assert.deepEqual(await statuses(5), [200, 200, 500, 200, 500])
  sandbox.setFaults([{ kind: 'status', status: 500, probability: 0.5 }])
  assert.deepEqual(await statuses(3), [200, 500, 200])
})

test('a plan with an unknown kind or member is refused and leaves the old plan', async (t) => {
  const { call } = await openSandbox(t)
  const set = (plan: unknown) => call('POST', '/_sandbox/faults', plan)
  assert.equal((await set({ rules: [{ kind: 'status', status: 503 }] })).status, 200)
  assert.equal((await set([{ kind: 'earthquake' }])).status, 400)
  assert.equal((await set([{ kind: 'reset', often: true }])).status, 400)
  assert.equal((await call('GET', LIST)).status, 503)
})
