import assert from 'node:assert/strict'
import { test } from 'node:test'

import { listNotes } from '../../../src/domain/contact-lists/new-contact-list.ts'
import { contextOf, json, startClient, text } from '../harness.ts'

test('a list is made with its columns and which of them are phones and addresses', async (t) => {
  const { upstream, client } = await startClient(t, 'platform')
  upstream.replies = [json(200, { id: 'l-1', name: 'L', columnNames: ['id', 'phone', 'mail'] })]
  const columns = [
    { name: 'id', kind: 'text' as const, required: true },
    { name: 'phone', kind: 'phone' as const, required: true },
    { name: 'mail', kind: 'email' as const, required: false },
  ]
  const list = { name: 'L', columns, contactIdColumn: 'id' }
  await client.provisioning.createContactList(list, contextOf())
  assert.deepEqual(JSON.parse(upstream.seen[0]?.body ?? ''), {
    name: 'L',
    columnNames: ['id', 'phone', 'mail'],
    phoneColumns: [{ columnName: 'phone', type: 'cell' }],
    emailColumns: [{ columnName: 'mail', type: 'personal' }],
  })
})

test('division, time zones, attempt limits, WhatsApp and retention go to Genesys in its own words', async (t) => {
  const { upstream, client } = await startClient(t, 'platform')
  const wire = {
    name: 'L',
    columnNames: ['id', 'zone', 'zip', 'phone', 'mail', 'chat'],
    phoneColumns: [{ columnName: 'phone', type: 'cell', callableTimeColumnName: 'zone' }],
    emailColumns: [{ columnName: 'mail', type: 'personal', contactableTimeColumnName: 'zone' }],
    whatsAppColumns: [{ columnName: 'chat', type: 'whatsapp', contactableTimeColumnName: 'zone' }],
    division: { id: 'd-1' },
    attemptLimits: { id: 'a-1' },
    automaticTimeZoneMapping: true,
    zipCodeColumnName: 'zip',
    retentionType: 'Days',
    retentionDays: 90,
    dateExpiration: '2027-01-01T00:00:00Z',
    timeZone: 'Europe/Berlin',
  }
  upstream.replies = [json(200, { id: 'l-1', ...wire })]
  const text = { kind: 'text' as const, required: false }
  const phone = { kind: 'phone' as const, required: false }
  const settings = {
    divisionId: 'd-1',
    attemptLimitsId: 'a-1',
    automaticTimeZoneMapping: true,
    zipCodeColumn: 'zip',
    retentionType: 'Days',
    retentionDays: 90,
    dateExpiration: '2027-01-01T00:00:00Z',
    timeZone: 'Europe/Berlin',
  }
  const columns = [
    { name: 'id', ...text },
    { name: 'zone', ...text },
    { name: 'zip', ...text },
    { name: 'phone', ...phone, callableTimeColumn: 'zone' },
    { name: 'mail', kind: 'email' as const, required: false, contactableTimeColumn: 'zone' },
    { name: 'chat', ...phone, whatsApp: true, contactableTimeColumn: 'zone' },
  ]
  const plan = { name: 'L', columns, contactIdColumn: 'id', ...settings }
  const made = await client.provisioning.createContactList(plan, contextOf())
  assert.deepEqual(JSON.parse(upstream.seen[0]?.body ?? ''), wire)
  assert.deepEqual(listNotes(made, plan), [])
  assert.equal(made.columns.find(({ name }) => name === 'chat')?.kind, 'phone')
})

test('a list is cleared by its own call; columns cannot be added and events not subscribed to', async (t) => {
  const { upstream, client } = await startClient(t, 'platform')
  upstream.replies = [text(204, '')]
  await client.provisioning.clearContactList!('l:1', contextOf())
  const { method, url } = upstream.seen[0]!
  assert.deepEqual([method, url], ['POST', '/api/v2/outbound/contactlists/l%3A1/clear'])
  assert.equal(client.provisioning.addColumns, null)
  assert.equal(client.subscriptions, null)
})
