import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Models } from 'purecloud-platform-client-v2'

import { createManualClock } from '../caller.ts'
import { codeOf, openWithSdk } from '../sdk.ts'

const internal = (name: string): Models.DncListCreate => ({
  name,
  dncSourceType: 'rds',
  contactMethod: 'Any',
})
const PHONE = '+14155550123'

const open = async (t: Parameters<typeof openWithSdk>[0]) => {
  const clock = createManualClock()
  const opened = await openWithSdk(t, { clock, tokenLifetimeSeconds: 10_000_000 })
  const list = await opened.outbound.postOutboundDnclists(internal('Opt-outs'))
  return { ...opened, clock, id: list.id!, list }
}

test('the official SDK makes, lists, changes and deletes DNC lists', async (t) => {
  const { outbound, id, list } = await open(t)
  assert.deepEqual([list.version, list.dncSourceType], [1, 'rds'])
  const change = { ...internal('Renamed'), version: 1 } as Models.DncList
  const changed = await outbound.putOutboundDnclist(id, change)
  assert.deepEqual([changed.name, changed.version], ['Renamed', 2])
  assert.equal(
    await codeOf(outbound.putOutboundDnclist(id, change)),
    '409 invalid.update.wrong.version',
  )
  const custom = { name: 'Custom', dncSourceType: 'rds_custom' } as const
  assert.equal(
    await codeOf(outbound.postOutboundDnclists(custom)),
    '400 custom.exclusion.column.required',
  )
  const made = await outbound.postOutboundDnclists({ ...custom, customExclusionColumn: 'tier' })
  assert.equal(
    await codeOf(
      outbound.putOutboundDnclist(made.id!, {
        ...custom,
        customExclusionColumn: 'other',
        version: 1,
      }),
    ),
    '400 custom.exclusion.column.immutable',
  )
  const all = await outbound.getOutboundDnclists({ name: 'Ren' })
  assert.deepEqual(
    all.entities?.map((entity) => entity.id),
    [id],
  )
  await outbound.deleteOutboundDnclist(id)
  assert.equal(await codeOf(outbound.getOutboundDnclist(id)), '404 dnc.list.not.found')
})

test('the official SDK adds, dates and removes phone numbers and addresses', async (t) => {
  const { outbound, sandbox, id, clock } = await open(t)
  await outbound.postOutboundDnclistPhonenumbers(id, [PHONE, '+14155550124'], {
    expirationDateTime: '2026-02-01T10:30Z',
  })
  await outbound.patchOutboundDnclistPhonenumbers(id, {
    action: 'Add',
    phoneNumbers: [PHONE],
  })
  await outbound.postOutboundDnclistEmailaddresses(id, ['a@example.com'])
  await outbound.patchOutboundDnclistEmailaddresses(id, {
    action: 'Add',
    emailAddresses: ['b@example.com'],
    expirationDateTime: '2026-03-01T00:00Z',
  })
  const { phone, email } = sandbox.dncList(id).entries
  assert.deepEqual(
    [phone[PHONE]?.expiresAt, phone['+14155550124']?.expiresAt, phone[PHONE]?.writes],
    [null, '2026-02-01T10:30:00.000Z', 2],
  )
  assert.deepEqual(Object.keys(email), ['a@example.com', 'b@example.com'])
  const shown = await outbound.getOutboundDnclist(id, { includeSize: true })
  assert.equal(shown.size, 2)

  clock.advance(40 * 86_400_000)
  await outbound.deleteOutboundDnclistPhonenumbers(id, { expiredOnly: true })
  assert.deepEqual(Object.keys(sandbox.dncList(id).entries.phone), [PHONE])
  await outbound.patchOutboundDnclistPhonenumbers(id, { action: 'Remove', phoneNumbers: [PHONE] })
  assert.deepEqual(sandbox.dncList(id).entries.phone, {})
})

test('an expiry of another form, past, or over 180 days ahead is refused', async (t) => {
  const { outbound, id } = await open(t)
  for (const expirationDateTime of [
    '2026-02-01',
    '2026-02-31T00:00Z',
    '2026-02-01T10:30:00Z',
    '2025-12-31T00:00Z',
    '2026-07-01T00:00Z',
  ]) {
    const call = outbound.postOutboundDnclistPhonenumbers(id, [PHONE], { expirationDateTime })
    assert.equal(await codeOf(call), '400 invalid.date.value', expirationDateTime)
  }
})

test('a list of a vendor takes no entries, and a full one no new ones', async (t) => {
  const { outbound, sandbox, id } = await open(t)
  const vendor = await outbound.postOutboundDnclists({ name: 'Vendor', dncSourceType: 'gryphon' })
  assert.equal(
    await codeOf(outbound.postOutboundDnclistPhonenumbers(vendor.id!, [PHONE])),
    '400 dnc.source.operation.not.supported',
  )
  sandbox.setFaults([{ kind: 'dnc-capacity', entries: 1 }])
  await outbound.postOutboundDnclistPhonenumbers(id, [PHONE])
  await outbound.postOutboundDnclistPhonenumbers(id, [PHONE])
  assert.equal(
    await codeOf(outbound.postOutboundDnclistPhonenumbers(id, ['+14155550124'])),
    '400 dnc.phone.numbers.per.list.limit.exceeded',
  )
})

test('an export is there once it was made, as late as the fault plan says', async (t) => {
  const { outbound, sandbox, id, clock } = await open(t)
  sandbox.changeAsAgent(id, { add: [PHONE] })
  sandbox.setFaults([{ kind: 'dnc-export-lag', lagMs: 5_000 }])
  await outbound.postOutboundDnclistExport(id)
  clock.advance(1_000)
  assert.equal(
    await codeOf(outbound.getOutboundDnclistExport(id)),
    '404 no.available.list.export.uri',
  )
  clock.advance(5_000)
  await codeOf(outbound.getOutboundDnclistExport(id))
  clock.advance(1_000)
  const { uri } = await outbound.getOutboundDnclistExport(id)
  const withoutToken = await fetch(uri!)
  assert.equal(withoutToken.status, 401)
})

test('a file brings each number its own expiry, and the status of its import ends without a word', async (t) => {
  const { outbound, sandbox, id, clock } = await open(t)
  const until = `${new Date(clock.now().getTime() + 86_400_000).toISOString().slice(0, 16)}Z`
  const asked = { id, contentType: 'text/csv', phoneColumns: 'Home,Mobile', emailColumns: 'Mail' }
  const place = await outbound.postOutboundDnclistsUploads({
    ...asked,
    expirationDateTimeColumn: 'Until',
  })
  const lines = [
    'Home,Mobile,Mail,Until',
    `${PHONE},+14155550124,,${until}`,
    `,,ann@example.com,31/12/2027`,
  ]
  const put = await fetch(place.url!, {
    method: 'PUT',
    headers: place.headers!,
    body: lines.join('\r\n'),
  })
  assert.equal(put.status, 200)
  clock.advance(60_000)
  const status = await outbound.getOutboundDnclistImportstatus(id)
  assert.deepEqual([status.state, status.completedRecords, status.totalRecords], [undefined, 2, 2])
  const { entries } = sandbox.dncList(id)
  const expiry = (kind: 'phone' | 'email') =>
    Object.entries(entries[kind]).map(([value, { expiresAt }]) => [
      value,
      expiresAt?.slice(0, 16) ?? null,
    ])
  assert.deepEqual(expiry('phone'), [
    [PHONE, until.slice(0, 16)],
    ['+14155550124', until.slice(0, 16)],
  ])
  // A date in another format is silently imported as no date.
  assert.deepEqual(expiry('email'), [['ann@example.com', null]])
  assert.equal(
    await codeOf(outbound.postOutboundDnclistsUploads({ ...asked, id: 'nowhere' })),
    '404 dnc.list.not.found',
  )
})
