import assert from 'node:assert/strict'
import { test } from 'node:test'

import { batchOf, contextOf, createMemoryNewLists, json, reset, startClient } from '../harness.ts'

const fields = [{ name: 'customerId', type: 'String', required: true }]
const listOf = (version: string | number, more: object[] = []) => ({
  id: 'l-1',
  name: 'L',
  status: 'READY',
  owner: 'somebody',
  schema: { name: 'L', version, fields: [...fields, ...more] },
})
const COLUMNS = [
  { name: 'customerId', kind: 'text' as const, required: true },
  { name: 'phone', kind: 'phone' as const, required: false },
  { name: 'mail', kind: 'email' as const, required: false },
  { name: 'born', kind: 'date' as const, required: false },
]

test('a list is made once, with a schema that says the kinds', async (t) => {
  const { upstream, client } = await startClient(t, 'guide')
  upstream.replies = [json(201, listOf('1.0'))]
  const list = { name: 'L', columns: COLUMNS, contactIdColumn: 'customerId' }
  const made = await client.provisioning.createContactList(list, contextOf())
  assert.equal(made.id, 'l-1')
  const { method, url, body } = upstream.seen[0]!
  assert.deepEqual([method, url], ['POST', '/api/v2/outbound/lists'])
  assert.deepEqual(JSON.parse(body), {
    name: 'L',
    description: 'Made by Outbound Gateway',
    schema: {
      name: 'L',
      version: '1.0',
      fields: [
        { name: 'customerId', type: 'String', required: true },
        { name: 'phone', type: 'String', required: false, format: 'E.164' },
        { name: 'mail', type: 'Email', required: false },
        { name: 'born', type: 'Date', required: false },
      ],
    },
    status: 'READY',
  })
})

test('description, schema name and version are the caller’s where it gives them', async (t) => {
  const { upstream, client } = await startClient(t, 'guide')
  upstream.replies = [json(201, { ...listOf('3.1'), description: 'For autumn' })]
  const asked = { description: 'For autumn', schemaName: 'Retail', schemaVersion: '3.1' }
  const list = { name: 'L', columns: COLUMNS, contactIdColumn: 'customerId', ...asked }
  const made = await client.provisioning.createContactList(list, contextOf())
  const { description, schema } = JSON.parse(upstream.seen[0]!.body)
  assert.deepEqual([description, schema.name, schema.version], ['For autumn', 'Retail', '3.1'])
  assert.deepEqual(made.shown, {
    description: 'For autumn',
    schemaName: 'L',
    schemaVersion: '3.1',
    columns: {},
  })
})

test('making a list and subscribing are tried once, whatever the failure', async (t) => {
  const { upstream, client } = await startClient(t, 'guide')
  upstream.replies = [reset]
  const list = { name: 'L', columns: COLUMNS, contactIdColumn: 'customerId' }
  await assert.rejects(client.provisioning.createContactList(list, contextOf()), {
    kind: 'unavailable',
  })
  assert.equal(upstream.seen.length, 1)
  const event = { name: 'n', eventType: 'e', url: 'https://gw.example/' }
  await assert.rejects(client.subscriptions!.subscribe(event, contextOf()), { kind: 'unavailable' })
  assert.equal(upstream.seen.length, 2)
})

test('a 404 of a list that any instance made a moment ago passes by itself, later it is final', async (t) => {
  const newLists = createMemoryNewLists()
  const { upstream, client } = await startClient(t, 'guide', { newLists })
  const other = await startClient(t, 'guide', { newLists })
  upstream.replies = [json(201, listOf('1.0')), json(404, {}), json(200, listOf('1.0'))]
  const list = { name: 'L', columns: COLUMNS, contactIdColumn: 'customerId' }
  await client.provisioning.createContactList(list, contextOf())
  assert.equal((await client.contactLists.readContactList('l-1', contextOf())).id, 'l-1')
  other.upstream.replies = [json(404, {}), json(200, listOf('1.0'))]
  assert.equal((await other.lists.readContactList('l-1', contextOf())).id, 'l-1')
  other.upstream.replies = [json(404, {}), json(200, { jobId: 'j' })]
  const batch = batchOf({ listId: 'l-1' })
  await assert.rejects(other.lists.sendBatch(batch, contextOf()), { kind: 'conflict' })
  newLists.has = async () => false
  upstream.replies = [json(404, {})]
  await assert.rejects(client.contactLists.readContactList('l-1', contextOf()), {
    kind: 'not_found',
  })
})

test('columns are added to the list as it was read, under a raised version; again it changes nothing', async (t) => {
  const { upstream, client } = await startClient(t, 'guide', {}, 5_000)
  for (const [version, next] of [
    ['1.0', '2.0'],
    ['9', '10'],
    [3, 4],
  ] as const) {
    const phone = { name: 'phone', type: 'String', required: false, format: 'E.164' }
    upstream.seen.length = 0
    upstream.replies = [json(200, listOf(version)), json(200, listOf(next, [phone]))]
    const added = await client.provisioning.addColumns!('l-1', [COLUMNS[1]!], contextOf())
    assert.deepEqual(
      added.columns.map(({ name }) => name),
      ['customerId', 'phone'],
    )
    const put = upstream.seen[1]!
    assert.deepEqual([put.method, put.url], ['PUT', '/api/v2/outbound/lists/l-1'])
    assert.deepEqual(JSON.parse(put.body), listOf(next, [phone]))
    upstream.replies = [json(200, listOf(next, [phone]))]
    await client.provisioning.addColumns!('l-1', [COLUMNS[1]!], contextOf())
    assert.equal(upstream.seen.length, 3)
  }
})

test('lists are found by their exact name', async (t) => {
  const { upstream, client } = await startClient(t, 'guide')
  const entities = [
    { id: 'a', name: 'Sales' },
    { id: 'b', name: 'Sales EU' },
  ]
  upstream.replies = [json(200, { entities })]
  const found = await client.provisioning.findByName('Sales', contextOf())
  assert.deepEqual(found, [{ id: 'a', name: 'Sales' }])
})
