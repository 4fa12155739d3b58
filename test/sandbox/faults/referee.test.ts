import assert from 'node:assert/strict'
import { test } from 'node:test'

import { BULK, CONTACTS, createManualClock, guideRow, LIST, openSandbox } from '../caller.ts'

test('the referee admits exactly the limit in any 60 seconds, not in each minute', async (t) => {
  const clock = createManualClock()
  const { call, sandbox } = await openSandbox(t, {
    clock,
    limits: { guideRequestsPerMinute: 3 },
  })
  const at = async (ms: number) => {
    clock.advance(ms)
    return call('GET', LIST)
  }
  assert.equal((await at(0)).headers.get('x-ratelimit-remaining'), '2')
  assert.equal((await at(50_000)).status, 200)
  assert.equal((await at(5_000)).status, 200)
  const over = await at(1_000)
  assert.equal(over.status, 429)
  assert.equal(over.headers.get('retry-after'), '4')
  assert.equal(over.body.code, 'too.many.requests')
  // A fixed window would allow three more calls here. In the sliding window, only the first call
  // has expired.
  assert.equal((await at(4_000)).status, 200)
  assert.equal((await at(1)).status, 429)
  const { violations, throttled, windows } = sandbox.ledger()
  assert.equal(violations, 2)
  assert.equal(throttled, 2)
  assert.equal(windows.guide.maxPerWindow, 5)
  assert.ok(Math.abs(windows.guide.utilisation - 4 / (3 * (60_001 / 60_000))) < 1e-9)
})

test('each dialect has its own window, and token calls are in none', async (t) => {
  const { call, login, sandbox } = await openSandbox(t, {
    limits: { guideRequestsPerMinute: 1, platformRequestsPerMinute: 1 },
  })
  await login()
  await login()
  assert.equal((await call('GET', LIST)).status, 200)
  const read = await call('GET', `${CONTACTS}/nobody`)
  assert.equal(read.status, 404)
  assert.equal(read.headers.get('inin-ratelimit-count'), '1')
  assert.equal(read.headers.get('inin-ratelimit-allowed'), '1')
  assert.ok(Number(read.headers.get('inin-ratelimit-reset')) > 0)
  assert.equal(read.headers.get('inin-correlation-id'), read.body.contextId)
  assert.equal((await call('GET', `${CONTACTS}/nobody`)).status, 429)
  assert.deepEqual(sandbox.ledger().requests.byDialect, { guide: 1, platform: 2 })
})

test('two contact writes to one list in flight at once are an overlap; one after the other are none', async (t) => {
  const { call, sandbox } = await openSandbox(t)
  sandbox.setFaults([{ kind: 'slow', operation: 'bulk', delayMs: 50 }])
  const overlaps = () => sandbox.ledger({ listId: 'demo-contacts' }).lists[0]?.overlappingRequests
  await call('POST', BULK, [guideRow('a')])
  await call('POST', BULK, [guideRow('b')])
  assert.equal(overlaps(), 0)
  await Promise.all([call('POST', BULK, [guideRow('c')]), call('POST', BULK, [guideRow('d')])])
  assert.equal(overlaps(), 1)
  const other = '/api/v2/outbound/lists/demo-list-1/contacts/bulk'
  await Promise.all([call('POST', BULK, [guideRow('e')]), call('POST', other, [guideRow('f')])])
  assert.equal(overlaps(), 1)
})

test('the list of lists serves both dialects and counts against the one that the caller speaks', async (t) => {
  const { call, login, sandbox } = await openSandbox(t)
  const arrivals = () => sandbox.ledger().requests.byDialect
  const path = '/api/v2/outbound/contactlists'
  await call('GET', LIST)
  const paged = await call('GET', `${path}?pageSize=3&pageNumber=1`)
  assert.equal(paged.body.entities.length, 3)
  assert.ok(paged.headers.has('x-ratelimit-remaining'))
  assert.deepEqual(arrivals(), { guide: 2, platform: 0 })
  await login()
  await call('GET', `${path}?pageSize=3`)
  assert.deepEqual(arrivals(), { guide: 2, platform: 1 })
  assert.equal((await call('GET', path)).body.entities.length, 8)
  assert.deepEqual(arrivals(), { guide: 3, platform: 1 })
})
