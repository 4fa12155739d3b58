import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'

import { createManualClock } from '../caller.ts'
import { codeOf, openWithSdk } from '../sdk.ts'

/** A list of people that the SDK made, on a clock that the test advances. */
const open = async (t: TestContext, more: object = {}) => {
  const clock = createManualClock()
  const opened = await openWithSdk(t, { clock, taskDurationMs: 100 })
  const made = await opened.outbound.postOutboundContactlists({
    name: 'People',
    columnNames: ['customerId', 'cell', 'mail', 'age', 'zip'],
    phoneColumns: [{ columnName: 'cell', type: 'cell' }],
    emailColumns: [{ columnName: 'mail', type: 'personal' }],
    ...more,
  })
  const listId = made.id!
  const contact = (id: string, data: Record<string, string> = {}) => ({
    id,
    contactListId: listId,
    data: { customerId: id, cell: '+14155550100', ...data },
  })
  const add = (contacts: object[], flags: object = {}) =>
    opened.outbound.postOutboundContactlistContacts(listId, contacts as never, flags)
  const ids = () => [...opened.sandbox.contents(listId).keys()]
  return { ...opened, clock, listId, contact, add, ids }
}

const clause = (...predicates: object[]) => ({
  filterType: 'AND',
  clauses: [{ filterType: 'AND', predicates }],
})
const age = (operator: string, value: string, more: object = {}) => ({
  column: 'age',
  columnType: 'numeric',
  operator,
  value,
  ...more,
})

test('a contact keeps and shows what was written of it beside its cells', async (t) => {
  const { outbound, listId, contact, add } = await open(t)
  const written = {
    callable: false,
    phoneNumberStatus: { cell: { callable: false } },
    contactableStatus: {
      Voice: { contactable: false, columnStatus: { cell: { contactable: true } } },
    },
    latestSmsEvaluations: { cell: { timestamp: '2026-01-01T00:00:00Z', wrapupCodeId: 'sent' } },
    dateCreated: '2025-06-01T00:00:00Z',
    retentionType: 'Days',
    retentionDays: 30,
    dateExpiration: '2026-07-01T00:00:00Z',
  }
  const [shown] = await add([{ ...contact('a'), ...written }], { priority: true })
  const read = await outbound.getOutboundContactlistContact(listId, 'a')
  for (const found of [shown!, read]) {
    for (const [name, value] of Object.entries(written)) {
      assert.deepEqual(found[name as keyof typeof found], value, name)
    }
    assert.deepEqual(found.configurationOverrides, { priority: true })
  }
  await add([contact('a', { mail: 'a@example.com' })])
  const after = await outbound.getOutboundContactlistContact(listId, 'a')
  assert.equal(after.callable, false)
  await outbound.putOutboundContactlistContact(listId, 'a', { ...after, callable: true })
  assert.equal((await outbound.getOutboundContactlistContact(listId, 'a')).callable, true)
})

test('an add says whether known contacts are queued again and whether their calls are forgotten', async (t) => {
  const { outbound, sandbox, listId, contact, add } = await open(t)
  await add([contact('a'), contact('b')])
  const calls = { contactIds: ['a', 'b'], column: 'cell', result: 'ININ-OUTBOUND-BUSY' }
  await fetch(`${sandbox.url}/_sandbox/lists/${listId}/calls`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...calls, wrapup: 'call back' }),
  })
  const resultOf = async (id: string) =>
    (await outbound.getOutboundContactlistContact(listId, id)).callRecords?.['cell']?.lastResult
  await add([contact('a'), contact('b'), contact('c')], { doNotQueue: true })
  assert.equal(await resultOf('a'), 'ININ-OUTBOUND-BUSY')
  await add([contact('a')], { clearSystemData: true })
  assert.equal(await resultOf('a'), undefined)
  assert.equal(await resultOf('b'), 'ININ-OUTBOUND-BUSY')
  const [list] = sandbox.ledger({ listId }).lists
  assert.equal(list?.requeuedContacts, 1)
  assert.deepEqual(
    list.applied.map(({ queue }) => [queue?.doNotQueue, queue?.clearSystemData]),
    [
      [false, false],
      [true, false],
      [false, true],
    ],
  )
  assert.equal(await codeOf(add([contact('a')], { priority: 'maybe' })), '400 bad.request')
})

test('contacts are deleted by ids, and unknown ones are passed over', async (t) => {
  const { outbound, listId, contact, add, ids } = await open(t)
  await add(['a', 'b', 'c'].map((id) => contact(id)))
  await outbound.deleteOutboundContactlistContacts(listId, ['a', 'c', 'zzz'])
  assert.deepEqual(ids(), ['b'])
  const many = Array.from({ length: 251 }, (_, n) => `c${n}`)
  assert.equal(
    await codeOf(outbound.deleteOutboundContactlistContacts(listId, many)),
    '400 bad.request',
  )
})

test('a search finds by criteria, sorts and pages', async (t) => {
  const { outbound, listId, contact, add } = await open(t)
  const ages: [string, string][] = [
    ['a', '9'],
    ['b', '41'],
    ['c', ''],
    ['d', '33'],
    ['e', 'old'],
  ]
  await add(ages.map(([id, years]) => contact(id, { age: years })))
  const found = async (criteria: object | undefined, more: object = {}) => {
    const answer = await outbound.postOutboundContactlistContactsSearch(listId, {
      pageNumber: 1,
      pageSize: 100,
      ...(criteria ? { criteria } : {}),
      ...more,
    })
    return [answer.total, answer.entities?.map(({ id }) => id).join('')]
  }
  assert.deepEqual(await found(undefined), [5, 'abcde'])
  assert.deepEqual(await found(clause(age('GREATER_THAN', '10'))), [2, 'bd'])
  assert.deepEqual(await found(clause(age('GREATER_THAN', '10', { inverted: true }))), [3, 'ace'])
  const range = { min: '9', max: '33', minInclusive: false, maxInclusive: true }
  assert.deepEqual(await found(clause(age('BETWEEN', '', { range }))), [1, 'd'])
  assert.deepEqual(await found(clause(age('IN', '', { range: { inSet: ['9', '41'] } }))), [2, 'ab'])
  const begins = { column: 'age', columnType: 'alphabetic', operator: 'BEGINS_WITH', value: 'o' }
  assert.deepEqual(await found(clause(begins)), [1, 'e'])
  const sorts = { contactSorts: [{ fieldName: 'customerId', direction: 'DESC' }] }
  assert.deepEqual(await found(undefined, { ...sorts, pageSize: 2, pageNumber: 2 }), [5, 'cb'])
  assert.equal(
    await codeOf(found(clause(age('EQUALS', 'nine')))),
    '400 value.did.not.match.column.type',
  )
  const elsewhere = clause({ column: 'shoeSize', operator: 'EQUALS', value: '1' })
  assert.equal(await codeOf(found(elsewhere)), '400 column.does.not.match.contact.list')
})

test('bulk jobs edit and remove behind their answer, with a backup, and are listed latest first', async (t) => {
  const { outbound, sandbox, clock, listId, contact, add, ids } = await open(t)
  await add(['a', 'b', 'c'].map((id, n) => contact(id, { age: String(n) })))
  const edit = await outbound.postOutboundContactlistContactsBulkUpdate(listId, {
    contactIds: ['a', 'b'],
    contact: { contactListId: listId, data: { mail: 'x@example.com' }, callable: false },
  })
  assert.deepEqual([edit.state, edit.type, edit.totalRecords], ['InProgress', 'BulkEdit', 2])
  assert.equal(sandbox.contents(listId).get('a')?.['mail'], '')
  clock.advance(100)
  const done = await outbound.getOutboundContactlistContactsBulkJob(listId, edit.id!)
  assert.deepEqual([done.state, done.completedRecords], ['Complete', 2])
  assert.equal(sandbox.contents(listId).get('b')?.['mail'], 'x@example.com')
  assert.equal(sandbox.contents(listId).get('b')?.['age'], '1')
  assert.equal((await outbound.getOutboundContactlistContact(listId, 'a')).callable, false)
  const removal = await outbound.postOutboundContactlistContactsBulkRemove(listId, {
    criteria: clause(age('LESS_THAN', '2')),
    generateDownloadURI: false,
  })
  assert.equal(removal.downloadURI, undefined)
  clock.advance(100)
  assert.deepEqual(ids(), ['c'])
  sandbox.setFaults([{ kind: 'job-failed', operation: 'bulk-job' }])
  const failing = await outbound.postOutboundContactlistContactsBulkRemove(listId, {
    criteria: clause(age('LESS_THAN', '9')),
  })
  clock.advance(100)
  const jobs = await outbound.getOutboundContactlistContactsBulkJobs(listId)
  assert.deepEqual(
    jobs.entities?.map(({ id, state }) => [id, state]),
    [
      [failing.id, 'Failed'],
      [removal.id, 'Complete'],
      [edit.id, 'Complete'],
    ],
  )
  assert.deepEqual(ids(), ['c'])
  assert.equal(
    await codeOf(outbound.postOutboundContactlistContactsBulkRemove(listId, {})),
    '400 bad.request',
  )
})

test('an export has a byte order mark and the columns of a real one, and is not there at once', async (t) => {
  const { outbound, sandbox, login, clock, listId, contact, add } = await open(t)
  await add([{ ...contact('a', { mail: 'say "hi", a' }), callable: false }, contact('b')])
  await fetch(`${sandbox.url}/_sandbox/lists/${listId}/calls`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ contactIds: ['b'], column: 'cell', result: 'BUSY', wrapup: 'later' }),
  })
  const read = () => outbound.getOutboundContactlistExport(listId)
  await outbound.postOutboundContactlistExport(listId)
  assert.equal(await codeOf(read()), '404 no.available.list.export.uri')
  clock.advance(100)
  const { uri, exportTimestamp } = await read()
  assert.equal(exportTimestamp, clock.now().toISOString())
  assert.equal((await fetch(uri!)).status, 401)
  const token = (await login()).body.access_token
  const file = await fetch(uri!, { headers: { authorization: `Bearer ${token}` } })
  const text = Buffer.from(await file.arrayBuffer()).toString('utf8')
  const [header = '', first = '', second = '', end] = text.split('\r\n')
  assert.equal(
    header,
    '\uFEFFinin-outbound-id,customerId,cell,mail,age,zip,ContactCallable,ContactableByVoice,ContactableBySms,' +
      'ContactableByEmail,ZipCodeAutomaticTimeZone,CallRecordLastAttempt-cell,CallRecordLastResult-cell,' +
      'CallRecordLastAgentWrapup-cell,SmsLastAttempt-cell,SmsLastResult-cell,Callable-cell,ContactableByVoice-cell,' +
      'ContactableBySms-cell,AutomaticTimeZone-cell,EmailLastAttempt-mail,EmailLastResult-mail,ContactableByEmail-mail',
  )
  assert.equal(first, 'a,a,+14155550100,"say ""hi"", a",,,0,1,1,1,,,,,,,1,1,1,,,,1')
  assert.ok(
    second.startsWith('b,b,+14155550100,,,,1,1,1,1,,2026-01-01T00:00:00.000Z,BUSY,later,,,1'),
  )
  assert.equal(end, '')
})

test('automatic time zone mapping goes by zip, then by area code', async (t) => {
  const { outbound, listId, contact, add } = await open(t, {
    automaticTimeZoneMapping: true,
    zipCodeColumnName: 'zip',
  })
  await add([
    contact('zip', { zip: '94105', cell: '+12125550100' }),
    contact('area', { cell: '+12125550100' }),
    contact('none', { cell: '+491711234567' }),
  ])
  const preview = await outbound.getOutboundContactlistTimezonemappingpreview(listId)
  assert.deepEqual(preview.contactsPerTimeZone, {
    'America/Los_Angeles': 1,
    'America/New_York': 1,
  })
  assert.deepEqual(preview.contactsMappedUsingZipCode, { 'America/Los_Angeles': 1 })
  assert.deepEqual(
    [preview.contactsMappedToASingleZone, preview.contactsInDefaultWindow, preview.contactListSize],
    [2, 1, 3],
  )
  const read = await outbound.getOutboundContactlistContact(listId, 'area')
  assert.equal(read.contactColumnTimeZones?.['cell']?.timeZone, 'America/New_York')
})

test('one event is read by its id', async (t) => {
  const { outbound, clock, listId } = await open(t)
  const place = await outbound.postOutboundContactlistsUploads({
    id: listId,
    contentType: 'text/csv',
    contactIdName: 'customerId',
  })
  await fetch(place.url!, { method: 'PUT', headers: place.headers!, body: 'customerId\na\n' })
  clock.advance(1000)
  const [event] = (await outbound.getOutboundEvents()).entities ?? []
  assert.deepEqual(await outbound.getOutboundEvent(event!.id!), event)
  assert.equal(await codeOf(outbound.getOutboundEvent('nobody')), '404 not.found')
})
