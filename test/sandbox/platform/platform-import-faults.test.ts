import assert from 'node:assert/strict'
import { test } from 'node:test'

import { CONTACTS, platformContact } from '../caller.ts'
import { BASE, HEADER, line, openImports } from './import-caller.ts'

test('the plan fails imports, rejects rows of them, and lets the status stand still', async (t) => {
  const { clock, send, status, codes, sandbox } = await openImports(t, [
    { kind: 'import-failed', reason: 'SOMETHING_BROKE', count: 1 },
    { kind: 'reject-rows', operation: 'storage', contactIds: ['b'], after: 1, count: 1 },
    { kind: 'import-status-stuck', forMs: 1000, after: 1, count: 1 },
    { kind: 'import-status-stuck', after: 1 },
  ])
  await send(HEADER, line('a'))
  clock.advance(300)
  assert.equal((await status()).failureReason, 'SOMETHING_BROKE')
  await send(HEADER, line('a'), line('b'))
  clock.advance(300)
  assert.equal((await status()).state, 'FAILED')
  assert.deepEqual([...sandbox.contents('demo-contacts').keys()], ['a'])
  assert.deepEqual(await codes(), ['IMPORT_INVALID_DATA', 'IMPORT_INVALID_DATA'])
  clock.advance(1000)
  assert.equal((await status()).totalRecords, 2)
  await send(HEADER, line('a'), line('b'), line('c'))
  clock.advance(600_000)
  assert.equal((await status()).totalRecords, 2)
  assert.equal(sandbox.contents('demo-contacts').size, 3)
})

test('the storage is expired, down or silent when the plan says so, and what it took is imported', async (t) => {
  const { clock, ask, put, send, sandbox } = await openImports(t, [
    { kind: 'presigned-expired', count: 1 },
    { kind: 'status', status: 503, operation: 'storage', count: 1 },
    { kind: 'executed-then-reset', operation: 'storage', count: 1 },
  ])
  const place = (await ask()).body
  const lines = [HEADER, line('a')]
  assert.equal(await put(place, lines), 503)
  assert.equal(await put(place, lines), 403)
  await assert.rejects(put(place, lines))
  assert.equal(await send(HEADER, line('b')), 200)
  clock.advance(600)
  assert.deepEqual([...sandbox.contents('demo-contacts').keys()], ['a', 'b'])
})

test('a lost file is taken, and neither status nor event nor list ever shows it', async (t) => {
  const { clock, send, status, codes, sandbox } = await openImports(t, [
    { kind: 'import-lost', after: 1, count: 1 },
  ])
  await send(HEADER, line('a'))
  clock.advance(300)
  const before = await status()
  assert.equal(await send(HEADER, line('b')), 200)
  clock.advance(600_000)
  assert.deepEqual(await status(), before)
  assert.deepEqual(await codes(), [])
  assert.deepEqual([...sandbox.contents('demo-contacts').keys()], ['a'])
  assert.equal(sandbox.ledger().files.length, 2)
  assert.equal(sandbox.ledger().imports.length, 1)
})

test('events of one reason become one where the plan aggregates, under the category that it names', async (t) => {
  const { clock, send, call } = await openImports(t, [
    { kind: 'import-events-aggregated', count: 1 },
    { kind: 'import-events-aggregated', countGiven: true },
    { kind: 'import-event-category', category: 'CONTACT', after: 1 },
  ])
  const rows = [HEADER, line('a'), line('', 'x'), line(''), line('b', '', 'soon')]
  const events = async () =>
    (await call('GET', '/api/v2/outbound/events')).body.entities.map(
      ({ category, eventMessage }) =>
        [category, eventMessage?.code, eventMessage?.messageParams] as const,
    )
  await send(...rows)
  clock.advance(300)
  const first = [
    ['IMPORT_ERROR', 'IMPORT_MISSING_CUSTOM_ID', {}],
    ['IMPORT_ERROR', 'IMPORT_INVALID_PHONE_NUMBERS', {}],
  ]
  assert.deepEqual(await events(), first)
  await send(...rows)
  clock.advance(300)
  assert.deepEqual(await events(), [
    ...first,
    ['CONTACT', 'IMPORT_MISSING_CUSTOM_ID', { count: '2' }],
    ['CONTACT', 'IMPORT_INVALID_PHONE_NUMBERS', { count: '1' }],
  ])
})

test('an import into a full list keeps what fits, and one event outside of IMPORT_ERROR says so', async (t) => {
  const { clock, send, status, codes, call, sandbox } = await openImports(t, [
    { kind: 'list-capacity', contacts: 3, listId: 'demo-contacts' },
  ])
  await send(HEADER, ...['a', 'b', 'c', 'd', 'e'].map((id) => line(id)))
  clock.advance(300)
  assert.equal((await status()).completedRecords, 5)
  assert.deepEqual([...sandbox.contents('demo-contacts').keys()], ['a', 'b', 'c'])
  assert.deepEqual(await codes('?category=IMPORT_ERROR'), [])
  assert.deepEqual(await codes('?category=ENTITY_LIMIT'), ['EXCEEDED_CONTACT_LIMIT'])
  const full = await call('POST', CONTACTS, [platformContact('d')])
  assert.deepEqual([full.status, full.body.code], [400, 'exceeded.contact.limit'])
  assert.equal((await call('POST', CONTACTS, [platformContact('a')])).status, 200)
})

test('rows of an import are left out without a word when the plan names none', async (t) => {
  const { clock, send, codes, sandbox } = await openImports(t, [
    { kind: 'reject-rows', operation: 'storage', everyNth: 2, nameRows: false },
  ])
  await send(HEADER, line('a'), line('b'), line('c'))
  clock.advance(300)
  assert.deepEqual(await codes(), [])
  assert.deepEqual([...sandbox.contents('demo-contacts').keys()], ['a', 'c'])
})

test('a clear is answered before it takes effect, and wipes what came meanwhile', async (t) => {
  const { clock, call, sandbox } = await openImports(t, [
    { kind: 'clear-lag', lagMs: 2500, count: 1 },
    { kind: 'clear-lag', count: 1 },
  ])
  const clear = () => call('POST', `${BASE}/demo-contacts/clear`)
  const size = async () => (await call('GET', `${BASE}/demo-contacts?includeSize=true`)).body.size
  await call('POST', CONTACTS, [platformContact('old')])
  assert.equal((await clear()).status, 204)
  assert.equal(await size(), 1)
  await call('POST', CONTACTS, [platformContact('new')])
  clock.advance(2499)
  assert.equal(await size(), 2)
  clock.advance(1)
  assert.equal(await size(), 0)
  await call('POST', CONTACTS, [platformContact('stays')])
  assert.equal((await clear()).status, 204)
  clock.advance(600_000)
  assert.deepEqual([...sandbox.contents('demo-contacts').keys()], ['stays'])
})
