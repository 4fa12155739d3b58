import assert from 'node:assert/strict'
import { test } from 'node:test'

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

test('a list is cleared by its own call; columns cannot be added and events not subscribed to', async (t) => {
  const { upstream, client } = await startClient(t, 'platform')
  upstream.replies = [text(204, '')]
  await client.provisioning.clearContactList!('l:1', contextOf())
  const { method, url } = upstream.seen[0]!
  assert.deepEqual([method, url], ['POST', '/api/v2/outbound/contactlists/l%3A1/clear'])
  assert.equal(client.provisioning.addColumns, null)
  assert.equal(client.subscriptions, null)
})
