import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Models } from 'purecloud-platform-client-v2'

import { createManualClock } from '../caller.ts'
import { codeOf, openWithSdk } from '../sdk.ts'

const LIST = {
  id: 'people',
  name: 'People',
  columns: ['customerId', 'age', 'region', 'since'].map((name) => ({
    name,
    kind: 'text' as const,
    required: false,
  })),
}
const PEOPLE = [
  { customerId: 'a', age: '30', region: 'NW', since: '2026-01-01' },
  { customerId: 'b', age: '8', region: 'CA', since: '2026-06-01' },
  { customerId: 'c', age: '', region: 'NW', since: '' },
]

const predicate = (about: object) => ({ column: 'age', columnType: 'numeric', ...about })
const filterOf = (...predicates: object[]): Models.ContactListFilter => ({
  name: 'Segment',
  sourceType: 'ContactList',
  contactList: { id: LIST.id },
  filterType: 'AND',
  clauses: [{ filterType: 'AND', predicates }],
})

const open = async (t: Parameters<typeof openWithSdk>[0]) => {
  const clock = createManualClock()
  const opened = await openWithSdk(t, { lists: [LIST], clock })
  opened.sandbox.makeCampaign({ id: 'spring', name: 'Spring', contactListId: LIST.id })
  await opened.outbound.postOutboundContactlistContacts(
    LIST.id,
    PEOPLE.map((data) => ({ id: data.customerId, contactListId: LIST.id, data })),
  )
  return { ...opened, clock }
}

test('the official SDK makes, previews, changes and deletes contact list filters', async (t) => {
  const { outbound, sandbox } = await open(t)
  const adults = filterOf(predicate({ operator: 'GREATER_THAN_EQUALS', value: '18' }))
  const made = await outbound.postOutboundContactlistfilters(adults)
  assert.equal(made.version, 1)
  const previewed = await outbound.postOutboundContactlistfiltersPreview(adults)
  assert.deepEqual(
    [previewed.filteredContacts, previewed.totalContacts, previewed.preview?.[0]?.id],
    [1, 3, 'a'],
  )
  const grown = await outbound.putOutboundContactlistfilter(made.id!, {
    ...filterOf(predicate({ operator: 'BETWEEN', range: { min: '1', max: '99' } })),
    version: 1,
  })
  assert.equal(grown.version, 2)
  assert.equal(
    await codeOf(outbound.putOutboundContactlistfilter(made.id!, { ...adults, version: 1 })),
    '409 invalid.update.wrong.version',
  )
  const found = await outbound.postOutboundContactlistfiltersBulkRetrieve({
    ids: [made.id!, 'other'],
  })
  assert.equal(found.entities?.length, 1)
  assert.equal((await outbound.getOutboundContactlistfilters()).total, 1)

  const campaign = await outbound.getOutboundCampaign('spring')
  await outbound.putOutboundCampaign('spring', {
    ...campaign,
    contactListFilters: [{ id: made.id! }],
  })
  assert.equal(
    await codeOf(outbound.deleteOutboundContactlistfilter(made.id!)),
    '400 referential.integrity.error',
  )
  assert.deepEqual(sandbox.campaign('spring').dials, ['a', 'b'])
})

test('a filter that breaks a rule is refused with the code that the platform documents', async (t) => {
  const { outbound } = await open(t)
  const eleven = Array.from({ length: 11 }, () => predicate({ operator: 'EQUALS', value: '1' }))
  const cases: [object, string][] = [
    [{ ...filterOf(), clauses: [] }, 'clauses.required'],
    [filterOf(), 'at.least.one.predicate.required'],
    [filterOf({ operator: 'EQUALS', value: 'x' }), 'column.required'],
    [filterOf({ column: 'age' }), 'operator.required'],
    [filterOf(predicate({ operator: 'EQUALS' })), 'value.required'],
    [filterOf(predicate({ operator: 'EQUALS', value: 'x' })), 'value.did.not.match.column.type'],
    [filterOf(predicate({ operator: 'BETWEEN' })), 'range.required'],
    [filterOf(predicate({ operator: 'BETWEEN', range: { max: '3' } })), 'range.min.required'],
    [filterOf(predicate({ operator: 'BETWEEN', range: { min: '3' } })), 'range.max.required'],
    [
      filterOf(predicate({ operator: 'BETWEEN', range: { min: '3', max: '2' } })),
      'max.less.than.min',
    ],
    [filterOf(predicate({ operator: 'IN', range: {} })), 'range.set.required'],
    [
      filterOf({ column: 'since', columnType: 'alphabetic', operator: 'AFTER', value: 'soon' }),
      'invalid.date.value',
    ],
    [
      filterOf({ column: 'colour', operator: 'EQUALS', value: 'x' }),
      'column.does.not.match.contact.list',
    ],
    [filterOf(...eleven), 'bad.request'],
    [{ ...filterOf(), contactList: { id: 'nowhere' } }, 'contact.list.not.found'],
    [{ ...filterOf(), contactList: undefined }, 'contact.list.cannot.be.blank'],
  ]
  for (const [filter, code] of cases) {
    const call = outbound.postOutboundContactlistfilters(filter as Models.ContactListFilter)
    assert.equal(await codeOf(call), `400 ${code}`)
  }
})

test('a campaign is replaced as a whole, by version, and only while it is off', async (t) => {
  const { outbound, sandbox, clock } = await open(t)
  const campaign = await outbound.getOutboundCampaign('spring')
  const { id } = await outbound.postOutboundContactlistfilters(
    filterOf(predicate({ operator: 'EQUALS', value: '8' })),
  )
  const filtered = { ...campaign, contactListFilters: [{ id: id! }] }
  assert.equal(
    await codeOf(outbound.putOutboundCampaign('spring', { ...filtered, version: 9 })),
    '409 invalid.update.wrong.version',
  )
  const two = [{ id: id! }, { id: id! }]
  assert.equal(
    await codeOf(outbound.putOutboundCampaign('spring', { ...campaign, contactListFilters: two })),
    '400 more.than.one.contact.list.filter',
  )
  await outbound.postOutboundCampaignStart('spring')
  const running = await outbound.getOutboundCampaign('spring')
  assert.equal(running.campaignStatus, 'on')
  const withFilter = { ...running, contactListFilters: [{ id: id! }] }
  assert.equal(
    await codeOf(outbound.putOutboundCampaign('spring', withFilter)),
    '409 invalid.update.campaign.active',
  )
  await outbound.postOutboundCampaignStop('spring')
  assert.equal((await outbound.getOutboundCampaign('spring')).campaignStatus, 'stopping')
  clock.advance(1_000)
  const off = await outbound.getOutboundCampaign('spring')
  assert.equal(off.campaignStatus, 'off')
  const { ruleSets: _, ...rest } = off
  await outbound.putOutboundCampaign('spring', {
    ...rest,
    contactListFilters: [{ id: id! }],
  })
  const after = await outbound.getOutboundCampaign('spring')
  assert.equal(after.ruleSets, undefined)
  assert.deepEqual(after.dncLists, off.dncLists)
  assert.deepEqual(sandbox.campaign('spring').dials, ['b'])
  assert.ok(await outbound.getOutboundCampaignDiagnostics('spring'))
})

test('an empty cell under an inverted condition is read both ways, as the plan says', async (t) => {
  const { outbound, sandbox } = await open(t)
  const grown = filterOf(predicate({ operator: 'LESS_THAN', value: '18', inverted: true }))
  const dialled = async () =>
    (await outbound.postOutboundContactlistfiltersPreview(grown)).preview?.map(({ id }) => id)
  assert.deepEqual(await dialled(), ['a', 'c'])
  sandbox.setFaults([{ kind: 'empty-cells', reading: 'fails' }])
  assert.deepEqual(await dialled(), ['a'])
})
