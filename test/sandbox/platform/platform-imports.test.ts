import assert from 'node:assert/strict'
import { test } from 'node:test'

import { CONTACTS, platformContact } from '../caller.ts'
import { BASE, HEADER, line, openImports } from './import-caller.ts'

test('the status shows the import before until the new one begins, and has no word for success', async (t) => {
  const { clock, send, status, sandbox } = await openImports(t)
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
  const { clock, send, status, sandbox } = await openImports(t)
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
  const { ask, put, clock, sandbox } = await openImports(t)
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
  const { ask } = await openImports(t)
  assert.equal((await ask({ id: 'nowhere' })).status, 404)
  assert.equal((await ask({ contentType: 'application/json' })).status, 400)
  assert.equal((await ask({ signedUrlTimeoutSeconds: 604_801 })).status, 400)
})

test('rows that are not imported are events of the list, without a row, page by page', async (t) => {
  const { clock, send, codes, status, call, sandbox } = await openImports(t)
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
    const { clock, send, status, codes, sandbox } = await openImports(t)
    assert.equal(await send(...lines), 200)
    clock.advance(300)
    const { state, failureReason } = await status()
    assert.deepEqual([state, failureReason], ['FAILED', reason])
    assert.deepEqual(await codes(), [reason])
    assert.equal(sandbox.contents('demo-contacts').size, 0)
  })
}

test('columns are matched without regard to case, others left out, and without contactIdName ids are made up', async (t) => {
  const { clock, ask, put, sandbox } = await openImports(t)
  const place = (await ask({ contactIdName: undefined })).body
  await put(place, [`shoeSize,${HEADER.toUpperCase()}`, `42,${line('a', 'Ulm')}`])
  clock.advance(300)
  const [[id, fields] = ['', {}]] = [...sandbox.contents('demo-contacts')]
  assert.notEqual(id, 'a')
  assert.equal(fields['city'], 'Ulm')
  assert.equal(sandbox.ledger({ listId: 'demo-contacts' }).lists[0]?.contactsWithoutId, 1)
})

test('a list is not deleted while an import runs, and its contacts can be cleared after it', async (t) => {
  const { clock, send, call, sandbox } = await openImports(t)
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
