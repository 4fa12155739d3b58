import assert from 'node:assert/strict'
import { test } from 'node:test'

import sdk from 'purecloud-platform-client-v2'

import { createManualClock } from '../caller.ts'
import { codeOf, openWithSdk } from '../sdk.ts'

const COLUMNS = ['customerId', 'cell', 'mail', 'chat', 'zone', 'age']
const full = {
  name: 'Full',
  columnNames: COLUMNS,
  phoneColumns: [{ columnName: 'cell', type: 'cell', callableTimeColumnName: 'zone' }],
  emailColumns: [{ columnName: 'mail', type: 'personal', contactableTimeColumnName: 'zone' }],
  whatsAppColumns: [{ columnName: 'chat', type: 'whatsapp', contactableTimeColumnName: 'zone' }],
  columnDataTypeSpecifications: [
    { columnName: 'age', columnDataType: 'NUMERIC', min: 0, max: 120 },
  ],
  previewModeColumnName: 'age',
  previewModeAcceptedValues: ['99'],
  trimWhitespace: false,
  retentionType: 'Days',
  retentionDays: 90,
  dateExpiration: '2027-01-01T00:00:00Z',
  timeZone: 'Europe/Berlin',
}
const plain = (name: string) => ({
  name,
  columnNames: ['customerId', 'cell'],
  phoneColumns: [{ columnName: 'cell', type: 'cell' }],
})

test('a list keeps and shows every field that it was made with, and an update changes what may change', async (t) => {
  const { outbound } = await openWithSdk(t)
  const division = await new sdk.AuthorizationApi().postAuthorizationDivisions({
    name: 'Sales',
    description: 'Sells',
  })
  const limits = await outbound.postOutboundAttemptlimits({
    name: 'Three',
    maxAttemptsPerContact: 3,
    resetPeriod: 'NEVER',
  })
  const refs = { division: { id: division.id! }, attemptLimits: { id: limits.id! } }
  const made = await outbound.postOutboundContactlists({ ...full, ...refs })
  const read = await outbound.getOutboundContactlist(made.id!)
  for (const found of [made, read]) {
    for (const [name, value] of Object.entries(full)) {
      assert.deepEqual(found[name as keyof typeof found], value, name)
    }
    assert.deepEqual([found.division?.name, found.attemptLimits?.name], ['Sales', 'Three'])
  }
  const changed = await outbound.putOutboundContactlist(made.id!, { ...read, retentionDays: 7 })
  assert.equal(changed.retentionDays, 7)
  assert.equal(changed.division?.name, 'Sales')
  const update = (more: object) =>
    codeOf(outbound.putOutboundContactlist(made.id!, { ...changed, ...more }))
  const untimed = [{ columnName: 'cell', type: 'cell' }]
  assert.equal(await update({ phoneColumns: untimed }), '400 cannot.update.phone.columns')
  assert.equal(await update({ whatsAppColumns: [] }), '400 contact.columns.dont.match')
  assert.equal(await update({ columnDataTypeSpecifications: [] }), '400 contact.columns.dont.match')
  assert.equal(await update({ division: { id: 'nowhere' } }), '400 division.not.found')
  assert.equal(await update({ attemptLimits: { id: 'none' } }), '400 attempt.limits.not.found')
})

test('white space of an import stays where the list says so', async (t) => {
  const clock = createManualClock()
  const { outbound, sandbox } = await openWithSdk(t, { clock })
  const { id } = await outbound.postOutboundContactlists({
    ...plain('Untrimmed'),
    trimWhitespace: false,
  })
  const place = await outbound.postOutboundContactlistsUploads({
    id: id!,
    contentType: 'text/csv',
    contactIdName: 'customerId',
  })
  const body = 'customerId,cell\na , +14155550100\n'
  await fetch(place.url!, { method: 'PUT', headers: place.headers!, body })
  clock.advance(1000)
  assert.equal(sandbox.contents(id!).get('a')?.['cell'], ' +14155550100')
})

test('lists are found by the beginning of their name, by ids, division and order', async (t) => {
  const { outbound } = await openWithSdk(t)
  const { id: divisionId } = await new sdk.AuthorizationApi().postAuthorizationDivisions({
    name: 'Sales',
    description: '',
  })
  const spring = await outbound.postOutboundContactlists(plain('Spring'))
  await outbound.postOutboundContactlists({
    ...plain('Sprinkle'),
    division: { id: divisionId! },
  })
  await outbound.postOutboundContactlists(plain('Off spring'))
  const names = async (query: object) =>
    (await outbound.getOutboundContactlists(query)).entities?.map(({ name }) => name)
  assert.deepEqual(await names({ name: 'spring' }), ['Spring'])
  assert.deepEqual(await names({ name: 'Spri' }), ['Spring', 'Sprinkle'])
  assert.deepEqual(await names({ name: 'spring', filterType: 'Contains' }), [
    'Spring',
    'Off spring',
  ])
  assert.deepEqual(await names({ id: [spring.id!, 'demo-busy'] }), ['Demo busy list', 'Spring'])
  assert.deepEqual(await names({ divisionId: [divisionId!] }), ['Sprinkle'])
  const sorted = { name: 'Spri', sortBy: 'name', sortOrder: 'descending' }
  assert.deepEqual(await names(sorted), ['Sprinkle', 'Spring'])
  assert.equal(await codeOf(names({ sortBy: 'mood' })), '400 bad.request')
  const past = { pageSize: 100, pageNumber: 9, name: 'Spri' }
  assert.deepEqual(await names({ ...past, allowEmptyResult: true }), [])
  assert.deepEqual(await names(past), ['Spring', 'Sprinkle'])
})

test('division views are the lists without what needs more rights', async (t) => {
  const { outbound } = await openWithSdk(t)
  const { id } = await outbound.postOutboundContactlists(full)
  const view = await outbound.getOutboundContactlistsDivisionview(id!, { includeSize: true })
  assert.deepEqual(
    [view.name, view.size, view.division?.name, view.columnNames],
    ['Full', 0, 'Home', COLUMNS],
  )
  assert.ok(!('retentionDays' in view))
  const { total } = await outbound.getOutboundContactlistsDivisionviews({ name: 'Full' })
  assert.equal(total, 1)
})

test('many lists are changed and deleted at once, each with its own outcome', async (t) => {
  const { outbound } = await openWithSdk(t)
  const one = await outbound.postOutboundContactlists(plain('One'))
  const two = await outbound.postOutboundContactlists(plain('Two'))
  const ids = [one.id!, 'nowhere', two.id!]
  const answer = await outbound.postOutboundContactlistsBulkUpdate({
    contactListIds: ids,
    contactList: { retentionDays: 30 } as never,
  })
  assert.deepEqual([answer.errorCount, answer.errorIndexes], [1, [1]])
  assert.equal(answer.results?.[1]?.error?.code, 'contact.list.not.found')
  assert.equal((await outbound.getOutboundContactlist(two.id!)).retentionDays, 30)
  const many = Array.from({ length: 101 }, () => one.id!)
  const tooMany = outbound.postOutboundContactlistsBulkUpdate({
    contactListIds: many,
    contactList: {} as never,
  })
  assert.equal(await codeOf(tooMany), '400 bad.request')
  await outbound.deleteOutboundContactlists([one.id!, two.id!])
  assert.equal(await codeOf(outbound.getOutboundContactlist(one.id!)), '404 contact.list.not.found')
})

test('limits tell the defaults and what the org has, divisions and attempt limits are listed', async (t) => {
  const { outbound, sandbox } = await openWithSdk(t)
  sandbox.setFaults([{ kind: 'list-capacity', contacts: 30 }])
  const org = new sdk.OrganizationApi()
  const roomIn = (limits: { entities?: { key?: string; value?: number }[] }) =>
    limits.entities?.find(({ key }) => key === 'contact.list.contacts.max')?.value
  assert.equal(roomIn(await org.getOrganizationsLimitsNamespaceDefaults('outbound')), 1_000_000)
  assert.equal(roomIn(await org.getOrganizationsLimitsNamespace('outbound')), 30)
  const access = new sdk.AuthorizationApi()
  const home = await access.getAuthorizationDivisionsHome()
  assert.equal(home.homeDivision, true)
  assert.deepEqual((await access.getAuthorizationDivisions()).entities, [home])
  assert.deepEqual(await access.getAuthorizationDivision(home.id!), home)
  const made = await outbound.postOutboundAttemptlimits({ name: 'Two', maxAttemptsPerNumber: 2 })
  assert.deepEqual((await outbound.getOutboundAttemptlimits()).entities, [made])
  assert.deepEqual(await outbound.getOutboundAttemptlimit(made.id!), made)
})
