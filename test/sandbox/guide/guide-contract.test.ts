import assert from 'node:assert/strict'
import { test } from 'node:test'

import { BULK, createManualClock, guideRow, LIST, openSandbox } from '../caller.ts'

test('a token is given for the right credentials only, and ends', async (t) => {
  const clock = createManualClock()
  const { login, call, sandbox } = await openSandbox(t, { clock, tokenLifetimeSeconds: 60 })
  const wrong = await login('guess')
  assert.equal(wrong.status, 401)
  assert.equal(wrong.body.error, 'invalid_client')
  assert.equal((await call('GET', LIST)).status, 200)
  clock.advance(60_000)
  assert.equal((await call('GET', LIST)).status, 401)
  const renewed = await login()
  assert.equal(renewed.body.expires_in, 60)
  assert.equal((await call('GET', LIST)).status, 200)
  assert.deepEqual(sandbox.ledger().tokens, {
    issued: 2,
    refused: 1,
    throttled: 0,
    revocations: 0,
  })
})

test('bulk rows are ingested by a job that ends after its delay', async (t) => {
  const clock = createManualClock()
  const { call, sandbox } = await openSandbox(t, { clock, jobDelayMs: 500 })
  const sent = await call('POST', `${BULK}?mode=append`, [
    guideRow('a', { city: 'Ulm' }),
    guideRow('b', { phoneNumber: 'not a phone' }),
  ])
  assert.equal(sent.status, 200)
  const path = `/api/v2/outbound/jobs/${sent.body.jobId}`
  assert.equal((await call('GET', path)).body.status, 'processing')
  clock.advance(500)
  assert.deepEqual((await call('GET', path)).body, {
    id: sent.body.jobId,
    status: 'completed',
    processed: 1,
    failed: 1,
    errors: [
      { index: 1, contactId: 'b', field: 'phoneNumber', message: 'Phone number is not E.164' },
    ],
  })
  assert.equal(sandbox.contents('demo-contacts').get('a')?.['city'], 'Ulm')
  assert.equal(sandbox.contents('demo-contacts').size, 1)
})

test('bulk refuses what the contract forbids', async (t) => {
  const { call } = await openSandbox(t)
  const rows = (count: number) => Array.from({ length: count }, (_, n) => guideRow(`c${n}`))
  assert.equal((await call('POST', BULK, rows(5001))).status, 413)
  assert.equal((await call('POST', BULK, rows(5000))).status, 200)
  const undeclared = await call('POST', BULK, [guideRow('a', { shoeSize: '42' })])
  assert.equal(undeclared.status, 400)
  assert.equal(undeclared.body.code, 'undeclared.field')
  assert.equal((await call('POST', BULK, { contacts: [] })).status, 400)
  assert.equal((await call('POST', BULK, [{ customerId: 'no id' }])).status, 400)
  assert.equal((await call('POST', `${BULK}?mode=replace`, rows(1))).status, 400)
  assert.equal((await call('POST', BULK, [guideRow('a', { city: 'x'.repeat(10e6) })])).status, 413)
  const other = (id: string) => `/api/v2/outbound/lists/${id}/contacts/bulk`
  assert.equal((await call('POST', other('demo-busy'), rows(1))).status, 409)
  assert.equal((await call('POST', other('demo-error'), rows(1))).body.code, 'list.in.error')
  assert.equal((await call('POST', other('nowhere'), rows(1))).status, 404)
})

test('a new list takes contacts only when it is indexed, and shows a new schema late', async (t) => {
  const clock = createManualClock()
  const { call } = await openSandbox(t, { clock, provisioningLagMs: 300 })
  const fields = [{ name: 'phone', type: 'String', required: true, format: 'E.164' }]
  const schema = { name: 'people', version: '1.0', fields }
  const made = await call('POST', '/api/v2/outbound/lists', { name: 'People', schema })
  assert.equal(made.status, 201)
  const path = `/api/v2/outbound/lists/${made.body.id}`
  const row = [{ contactId: 'a', phone: '+14155550100' }]
  assert.equal((await call('POST', `${path}/contacts/bulk`, row)).status, 404)
  clock.advance(200)
  assert.equal((await call('POST', `${path}/contacts/bulk`, row)).status, 409)
  clock.advance(100)
  assert.equal((await call('GET', path)).body.status, 'READY')
  assert.equal((await call('POST', `${path}/contacts/bulk`, row)).status, 200)

  const wider = [...fields, { name: 'city', type: 'String', required: false }]
  const list = { ...made.body, schema: { ...schema, version: '1.1', fields: wider } }
  assert.equal((await call('PUT', path, list)).body.schema.version, '1.0')
  clock.advance(300)
  const read = (await call('GET', path)).body
  assert.equal(read.schema.version, '1.1')
  assert.deepEqual(read.attributes, [{ name: 'phone' }, { name: 'city' }])
})

test('an overwrite replaces the contacts and keeps the list busy until its job is done', async (t) => {
  const clock = createManualClock()
  const { call, sandbox } = await openSandbox(t, { clock, jobDelayMs: 100 })
  await call('POST', BULK, [guideRow('old')])
  await call('POST', `${BULK}?mode=overwrite`, [guideRow('new')])
  assert.deepEqual([...sandbox.contents('demo-contacts').keys()], ['new'])
  assert.equal((await call('POST', BULK, [guideRow('b')])).status, 409)
  clock.advance(100)
  assert.equal((await call('POST', BULK, [guideRow('b')])).status, 200)
})

test('the ledger tells writes, repeated request ids and injected nulls', async (t) => {
  const { call, sandbox } = await openSandbox(t)
  const headers = { 'x-request-id': 'batch-1' }
  await call('POST', BULK, [guideRow('a')], { headers })
  await call('POST', BULK, [guideRow('a')], { headers })
  await call('POST', BULK, [guideRow('b')], { headers })
  await call('POST', BULK, [guideRow('b', { customerId: null })])
  const ledger = sandbox.ledger({ listId: 'demo-contacts', contacts: true })
  assert.deepEqual(ledger.requestIds, { distinct: 1, repeated: 1, conflicting: 1, missing: 1 })
  const [list] = ledger.lists
  assert.equal(list?.contacts, 2)
  assert.equal(list?.identicalWrites, 1)
  assert.equal(list?.requiredNulls, 1)
  assert.deepEqual(list?.writesPerContact, { '2': 2 })
  assert.deepEqual(list?.byContact?.['b'], { writes: 2, revision: 4 })
  assert.deepEqual(
    list?.applied.map(({ revision }) => revision),
    [1, 2, 3, 4],
  )
})

test('the control calls page through contents, make lists and reset', async (t) => {
  const { call } = await openSandbox(t)
  await call('POST', BULK, [guideRow('a'), guideRow('b'), guideRow('c')])
  const path = '/_sandbox/lists/demo-contacts/contacts?limit=2'
  const first = (await call('GET', path)).body
  assert.deepEqual(
    first.contacts.map((contact) => contact.contactId),
    ['a', 'b'],
  )
  const rest = (await call('GET', `${path}&cursor=${first.next}`)).body
  assert.equal(rest.contacts[0]?.fields['customerId'], 'c')
  assert.equal(rest.next, null)
  const list = { id: 'mine', name: 'Mine', columns: [{ name: 'phone', kind: 'phone' }] }
  assert.equal((await call('POST', '/_sandbox/lists', list)).status, 201)
  assert.equal((await call('POST', '/_sandbox/lists', { ...list, colour: 'red' })).status, 400)
  assert.equal((await call('GET', '/api/v2/outbound/lists/mine')).body.status, 'READY')
  await call('POST', '/_sandbox/reset', {})
  assert.equal((await call('GET', '/api/v2/outbound/lists/mine')).status, 404)
  assert.equal((await call('GET', path)).body.contacts.length, 0)
})
