import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'

import type { FaultPlan } from '../../../src/sandbox/faults/fault-plan.ts'
import { CONTACTS, createManualClock, openSandbox, platformContact } from '../caller.ts'

const BASE = '/api/v2/outbound/contactlists'
const HEADER = 'customerId,firstName,lastName,phoneNumber,email,city'
const line = (id: string, city = '', phone = '+14155550100') => `${id},,,${phone},,${city}`

/**
 * Imports that begin 100 ms after their PUT and run for 200 ms, on a clock that is moved by hand.
 */
const open = async (t: TestContext, faults: FaultPlan = []) => {
  const clock = createManualClock()
  const caller = await openSandbox(t, { clock, importLagMs: 100, importDurationMs: 200 })
  caller.sandbox.setFaults(faults)
  const { call } = caller
  const ask = async (more: object = {}) => {
    const request = { id: 'demo-contacts', contentType: 'text/csv', contactIdName: 'customerId' }
    return call('POST', `${BASE}/uploads`, { ...request, ...more })
  }
  const put = async (
    place: { url: string; headers: Record<string, string> },
    lines: readonly string[],
    headers: Record<string, string> = place.headers,
  ): Promise<number> => {
    const body = lines.map((text) => `${text}\n`).join('')
    const answer = await fetch(place.url, { method: 'PUT', headers, body })
    await answer.text()
    return answer.status
  }
  const send = async (...lines: string[]) => put((await ask()).body, lines)
  const status = async () => (await call('GET', `${BASE}/demo-contacts/importstatus`)).body
  const codes = async (query = '') =>
    (await call('GET', `/api/v2/outbound/events${query}`)).body.entities.map(
      ({ eventMessage }) => eventMessage?.code,
    )
  return { ...caller, clock, ask, put, send, status, codes }
}

test('the status shows the import before until the new one begins, and has no word for success', async (t) => {
  const { clock, send, status, sandbox } = await open(t)
  assert.deepEqual(await status(), { totalRecords: 0, completedRecords: 0, percentComplete: 0 })
  await send(HEADER, line('a'))
  clock.advance(300)
  const first = { totalRecords: 1, completedRecords: 1, percentComplete: 100 }
  assert.deepEqual(await status(), first)
  await send(HEADER, line('a', 'Ulm'), line('b'), line('c'), line('d'))
  assert.deepEqual(await status(), first)
  assert.equal(sandbox.contents('demo-contacts').size, 1)
  clock.advance(200)
  assert.deepEqual(await status(), {
    state: 'IN_PROGRESS',
    totalRecords: 4,
    completedRecords: 2,
    percentComplete: 50,
  })
  clock.advance(100)
  assert.deepEqual(await status(), { totalRecords: 4, completedRecords: 4, percentComplete: 100 })
  assert.equal(sandbox.contents('demo-contacts').get('a')?.['city'], 'Ulm')
  assert.equal(sandbox.contents('demo-contacts').size, 4)
  const { imports, files } = sandbox.ledger()
  assert.deepEqual(
    imports.map(({ outcome, rows }) => [outcome, rows]),
    [
      ['completed', 1],
      ['completed', 4],
    ],
  )
  assert.equal(files[1]?.id, imports[1]?.uploadKey)
})

test('a second file of a list waits for the first, and counts as an overlap', async (t) => {
  const { clock, send, status, sandbox } = await open(t)
  await send(HEADER, line('a'))
  await send(HEADER, line('b'), line('c'))
  clock.advance(300)
  assert.equal((await status()).state, 'IN_PROGRESS')
  assert.deepEqual([...sandbox.contents('demo-contacts').keys()], ['a'])
  clock.advance(200)
  assert.equal((await status()).totalRecords, 2)
  const [list] = sandbox.ledger({ listId: 'demo-contacts' }).lists
  assert.deepEqual([list?.contacts, list?.overlappingRequests], [3, 1])
})

test('a pre-signed place takes one file, with the returned headers and nothing of the API', async (t) => {
  const { ask, put, clock, sandbox } = await open(t)
  const place = (await ask()).body
  const lines = [HEADER, line('a')]
  assert.equal(await put(place, lines, { ...place.headers, authorization: 'Bearer x' }), 400)
  assert.equal(await put(place, lines, {}), 403)
  const type = { 'Content-Type': 'application/octet-stream' }
  assert.equal(await put(place, lines, { ...place.headers, ...type }), 403)
  assert.equal(await put(place, lines, { ...place.headers, 'x-amz-acl': 'public-read' }), 403)
  const forged = { ...place, url: place.url.replace(/Signature=./, 'Signature=_') }
  assert.equal(await put(forged, lines), 403)
  assert.equal(await put(place, lines), 200)
  assert.equal(await put(place, lines), 403)
  const late = (await ask({ signedUrlTimeoutSeconds: 60 })).body
  clock.advance(60_000)
  assert.equal(await put(late, lines), 403)
  const { files, requests } = sandbox.ledger()
  assert.equal(files.length, 1)
  assert.deepEqual(requests.byDialect, { guide: 0, platform: 2 })
})

test('asking for a place needs a list, a content type that Genesys takes, and a sane time-out', async (t) => {
  const { ask } = await open(t)
  assert.equal((await ask({ id: 'nowhere' })).status, 404)
  assert.equal((await ask({ contentType: 'application/json' })).status, 400)
  assert.equal((await ask({ signedUrlTimeoutSeconds: 604_801 })).status, 400)
})

test('rows that are not imported are events of the list, without a row, page by page', async (t) => {
  const { clock, send, codes, status, call, sandbox } = await open(t)
  await send(
    HEADER,
    line('a', ' Ulm ', '(415) 555-0100'),
    line(''),
    line('b c'),
    line('d', '', 'soon'),
    line('e', 'x'.repeat(513)),
    'f,,,,nobody,',
    'g,,',
    line('h'),
  )
  clock.advance(300)
  const all = [
    'IMPORT_MISSING_CUSTOM_ID',
    'IMPORT_INVALID_CUSTOM_ID',
    'IMPORT_INVALID_PHONE_NUMBERS',
    'IMPORT_DATUM_EXCEEDS_LENGTH_LIMIT',
    'IMPORT_INVALID_EMAIL_ADDRESSES',
    'IMPORT_ENTRY_DOES_NOT_ALIGN_WITH_HEADERS',
  ]
  assert.deepEqual(await codes(), all)
  assert.deepEqual(await codes('?pageSize=4&pageNumber=2&sortOrder=descending'), [all[1], all[0]])
  assert.deepEqual(await codes('?category=CONTACT'), [])
  assert.equal((await call('GET', '/api/v2/outbound/events?pageSize=101')).status, 400)
  assert.equal((await status()).percentComplete, 100)
  assert.equal(sandbox.contents('demo-contacts').get('a')?.['city'], 'Ulm')
  assert.deepEqual([...sandbox.contents('demo-contacts').keys()], ['a', 'h'])
  assert.equal(sandbox.ledger().imports[0]?.rejected, 6)
})

for (const [why, lines, reason] of [
  ['has no header', [line('a')], 'IMPORT_FAILED_TO_READ_HEADERS'],
  ['lacks a column', ['customerId,city', 'a,Ulm'], 'IMPORT_CONTACT_DOES_NOT_MATCH_LIST_FORMAT'],
  ['names a column twice', [`${HEADER},City`, 'a,,,,,,'], 'IMPORT_FAILED_TO_READ_HEADERS'],
  ['ends in a blank row', [HEADER, line('a'), ''], 'IMPORT_COULD_NOT_PARSE_AN_ENTRY'],
  ['is no CSV', [HEADER, '"a'], 'IMPORT_FAILED_TO_READ_HEADERS'],
] as const) {
  test(`the import of a file that ${why} fails, and nothing is stored`, async (t) => {
    const { clock, send, status, codes, sandbox } = await open(t)
    assert.equal(await send(...lines), 200)
    clock.advance(300)
    const { state, failureReason } = await status()
    assert.deepEqual([state, failureReason], ['FAILED', reason])
    assert.deepEqual(await codes(), [reason])
    assert.equal(sandbox.contents('demo-contacts').size, 0)
  })
}

test('columns are matched without regard to case, others left out, and without contactIdName ids are made up', async (t) => {
  const { clock, ask, put, sandbox } = await open(t)
  const place = (await ask({ contactIdName: undefined })).body
  await put(place, [`shoeSize,${HEADER.toUpperCase()}`, `42,${line('a', 'Ulm')}`])
  clock.advance(300)
  const [[id, fields] = ['', {}]] = [...sandbox.contents('demo-contacts')]
  assert.notEqual(id, 'a')
  assert.equal(fields['city'], 'Ulm')
  assert.equal(sandbox.ledger({ listId: 'demo-contacts' }).lists[0]?.contactsWithoutId, 1)
})

test('the plan fails imports, rejects rows of them, and lets the status stand still', async (t) => {
  const { clock, send, status, codes, sandbox } = await open(t, [
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
  const { clock, ask, put, send, sandbox } = await open(t, [
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

test('a list is not deleted while an import runs, and its contacts can be cleared after it', async (t) => {
  const { clock, send, call, sandbox } = await open(t)
  await call('POST', CONTACTS, [platformContact('x')])
  await send(HEADER, line('a'))
  const refused = await call('DELETE', `${BASE}/demo-contacts`)
  assert.deepEqual([refused.status, refused.body.code], [400, 'contact.list.import.in.progress'])
  clock.advance(300)
  assert.equal(sandbox.contents('demo-contacts').size, 2)
  assert.equal((await call('POST', `${BASE}/demo-contacts/clear`)).status, 204)
  assert.equal(sandbox.contents('demo-contacts').size, 0)
  assert.equal((await call('DELETE', `${BASE}/demo-contacts`)).status, 204)
})

test('a lost file is taken, and neither status nor event nor list ever shows it', async (t) => {
  const { clock, send, status, codes, sandbox } = await open(t, [
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
  const { clock, send, call } = await open(t, [
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
  const { clock, send, status, codes, call, sandbox } = await open(t, [
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
  const { clock, send, codes, sandbox } = await open(t, [
    { kind: 'reject-rows', operation: 'storage', everyNth: 2, nameRows: false },
  ])
  await send(HEADER, line('a'), line('b'), line('c'))
  clock.advance(300)
  assert.deepEqual(await codes(), [])
  assert.deepEqual([...sandbox.contents('demo-contacts').keys()], ['a', 'c'])
})

test('a clear is answered before it takes effect, and wipes what came meanwhile', async (t) => {
  const { clock, call, sandbox } = await open(t, [
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
