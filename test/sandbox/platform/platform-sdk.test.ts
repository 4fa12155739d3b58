import assert from 'node:assert/strict'
import { test } from 'node:test'

import sdk from 'purecloud-platform-client-v2'

import { CONTACTS, createManualClock, openSandbox, platformContact } from '../caller.ts'
import { codeOf, openWithSdk } from '../sdk.ts'

const people = (name: string) => ({
  name,
  columnNames: ['customerId', 'cell', 'mail'],
  phoneColumns: [{ columnName: 'cell', type: 'cell' }],
  emailColumns: [{ columnName: 'mail', type: 'personal' }],
})

const ZIP_WITHOUT_MAPPING = 'cannot.have.zip.code.column.without.automatic.time.zone.mapping'

test('the official SDK drives a list from its making to its clearing', async (t) => {
  const { outbound, sandbox } = await openWithSdk(t)
  const made = await outbound.postOutboundContactlists(people('People'))
  const id = made.id!
  assert.equal(made.version, 1)
  assert.deepEqual(made.columnNames, ['customerId', 'cell', 'mail'])
  const contact = (key: string, cell: string) => ({
    id: key,
    contactListId: id,
    data: { customerId: key, cell, mail: '' },
  })
  const added = await outbound.postOutboundContactlistContacts(
    id,
    [contact('a', '+14155550100'), contact('b', '+14155550101')],
    { priority: false, doNotQueue: true },
  )
  assert.deepEqual(
    added.map((one) => one.id),
    ['a', 'b'],
  )
  await outbound.postOutboundContactlistContacts(id, [contact('a', '+14155550199')])
  const read = await outbound.postOutboundContactlistContactsBulk(id, ['a', 'zzz'])
  assert.equal(read.length, 1)
  assert.equal(read[0]?.data['cell'], '+14155550199')
  const one = await outbound.getOutboundContactlistContact(id, 'b')
  await outbound.putOutboundContactlistContact(id, 'b', { ...one, data: { cell: '+1' } })
  assert.equal(sandbox.contents(id).get('b')?.['cell'], '+1')

  const bare = await outbound.getOutboundContactlist(id)
  assert.equal(bare.size, undefined)
  const full = await outbound.getOutboundContactlist(id, {
    includeSize: true,
    includeImportStatus: true,
  })
  assert.equal(full.size, 2)
  assert.equal(full.importStatus?.state, undefined)
  assert.equal((await outbound.getOutboundContactlistImportstatus(id)).percentComplete, 0)
  await outbound.deleteOutboundContactlistContact(id, 'b')
  await outbound.postOutboundContactlistClear(id)
  assert.equal((await outbound.getOutboundContactlist(id, { includeSize: true })).size, 0)
  const page = await outbound.getOutboundContactlists({ pageSize: 2, pageNumber: 2 })
  assert.equal(page.entities?.length, 2)
  assert.equal(page.total, 9)
  await outbound.deleteOutboundContactlist(id)
  assert.equal(await codeOf(outbound.getOutboundContactlist(id)), '404 contact.list.not.found')
  const limits = await new sdk.OrganizationApi().getOrganizationsLimitsNamespace('outbound')
  assert.ok(limits.entities?.some(({ value }) => value === 1000))
})

test('the SDK asks for an upload URL, follows the import, and reads what became of rows', async (t) => {
  const clock = createManualClock()
  const { outbound, sandbox } = await openWithSdk(t, {
    clock,
    importLagMs: 100,
    importDurationMs: 100,
  })
  const { id } = await outbound.postOutboundContactlists(people('Imported'))
  const place = await outbound.postOutboundContactlistsUploads({
    id: id!,
    contentType: 'text/csv',
    contactIdName: 'customerId',
  })
  const stored = await fetch(place.url!, {
    method: 'PUT',
    headers: place.headers!,
    body: 'customerId,cell,mail\na,+14155550100,\nb,soon,\n',
  })
  assert.equal(stored.status, 200)
  const status = () => outbound.getOutboundContactlistImportstatus(id!)
  assert.equal((await status()).percentComplete, 0)
  clock.advance(150)
  assert.equal((await status()).state, 'IN_PROGRESS')
  clock.advance(50)
  const done = await status()
  assert.deepEqual([done.state, done.percentComplete, done.totalRecords], [undefined, 100, 2])
  assert.deepEqual([...sandbox.contents(id!).keys()], ['a'])
  const { entities, total } = await outbound.getOutboundEvents({
    category: 'IMPORT_ERROR',
    sortBy: 'timestamp',
    sortOrder: 'descending',
    pageSize: 25,
    pageNumber: 1,
  })
  assert.equal(total, 1)
  assert.equal(entities?.[0]?.eventMessage?.code, 'IMPORT_INVALID_PHONE_NUMBERS')
  assert.equal(entities?.[0]?.errorEntity?.id, id)
})

test('the SDK sees the error codes that the platform documents', async (t) => {
  const { outbound } = await openWithSdk(t)
  const make = (more: object) =>
    codeOf(outbound.postOutboundContactlists({ ...people('Others'), ...more }))
  assert.equal(await make({ name: ' ' }), '400 name.cannot.be.blank')
  assert.equal(await make({ name: 'Demo contacts' }), '400 duplicate.name')
  assert.equal(await make({ columnNames: [] }), '400 no.contact.columns.defined')
  assert.equal(await make({ columnNames: ['cell', 'cell'] }), '400 not.unique.contact.columns')
  assert.equal(await make({ phoneColumns: [], emailColumns: [] }), '400 no.phone.columns')
  const system = { columnName: 'inin-outbound-id', type: 'cell' }
  assert.equal(await make({ phoneColumns: [system] }), '400 system.column.phone.column')
  assert.equal(await make({ zipCodeColumnName: 'nowhere' }), `400 ${ZIP_WITHOUT_MAPPING}`)
  const mapped = { automaticTimeZoneMapping: true }
  assert.equal(await make({ ...mapped, zipCodeColumnName: 'cell' }), '400 invalid.zip.code.column')
  const list = await outbound.postOutboundContactlists(people('Others'))
  const update = (more: object) =>
    codeOf(outbound.putOutboundContactlist(list.id!, { ...list, ...more }))
  assert.equal(await update({ version: 7 }), '409 invalid.update.wrong.version')
  assert.equal(
    await update({ columnNames: ['customerId', 'cell', 'mail', 'x'] }),
    '400 cannot.update.contact.column.names',
  )
  assert.equal(await update({ emailColumns: [] }), '400 contact.columns.dont.match')
  assert.equal(await update(mapped), '400 cannot.edit.automatic.time.zone.mapping.settings')
  assert.equal(await update({ name: 'Renamed' }), 'no error')
})

test('an add of contacts is refused whole for one bad contact', async (t) => {
  const { call, sandbox } = await openSandbox(t)
  const codes = async (...contacts: unknown[]) =>
    (await call('POST', CONTACTS, [platformContact('good'), ...contacts])).body.code
  assert.equal(await codes(platformContact('bad id!')), 'invalid.contact.id')
  assert.equal(await codes(platformContact('b', { shoeSize: '42' })), 'invalid.contact.columns')
  assert.equal(await codes(platformContact('b', { city: 42 })), 'invalid.property')
  assert.equal(await codes({ ...platformContact('b'), contactId: 'b' }), 'invalid.property')
  assert.equal(await codes({ ...platformContact('b'), contactListId: 'x' }), 'invalid.contact.list')
  assert.equal(
    await codes(platformContact('b', { city: 'x'.repeat(513) })),
    'contact.datum.length.limit.exceeded',
  )
  const many = Array.from({ length: 1000 }, (_, n) => platformContact(`c${n}`))
  assert.equal(await codes(...many), 'too.many.contacts.added')
  assert.equal(sandbox.contents('demo-contacts').size, 0)
  assert.equal((await call('POST', CONTACTS, many)).status, 200)
  assert.equal(sandbox.contents('demo-contacts').size, 1000)
})
