import assert from 'node:assert/strict'
import { test } from 'node:test'

import { batchOf, contextOf, json, startClient } from '../harness.ts'

test('a list is read with its size and kinds', async (t) => {
  const { upstream, lists } = await startClient(t, 'platform')
  const list = {
    id: 'l',
    name: 'L',
    version: 1,
    columnNames: ['id', 'cell', 'mail'],
    phoneColumns: [{ columnName: 'cell', type: 'cell' }],
    emailColumns: [{ columnName: 'mail', type: 'home' }],
    size: 12,
  }
  upstream.replies = [json(200, list), json(200, { ...list, version: 2 })]
  const read = await lists.readContactList('l', contextOf())
  assert.equal(upstream.seen[0]?.url, '/api/v2/outbound/contactlists/l?includeSize=true')
  assert.deepEqual(
    read.columns.map(({ kind }) => kind),
    ['text', 'phone', 'email'],
  )
  assert.equal(read.size, 12)
  const later = await lists.readContactList('l', contextOf())
  assert.equal(later.schemaVersion, read.schemaVersion)
})

test('every page of lists is read', async (t) => {
  const { upstream, lists } = await startClient(t, 'platform')
  upstream.replies = ['a', 'b', 'c'].map((id) =>
    json(200, { entities: [{ id, name: id.toUpperCase() }], pageCount: 3 }),
  )
  const all = await lists.listContactLists(contextOf())
  assert.deepEqual(
    all.map(({ id }) => id),
    ['a', 'b', 'c'],
  )
})

test('a batch goes with our ids and text for every cell, and the answer must hold each id', async (t) => {
  const { upstream, lists } = await startClient(t, 'platform', {}, 9_000)
  upstream.replies = [json(200, [{ id: 'a-2' }, { id: 'a-1' }])]
  assert.deepEqual(await lists.sendBatch(batchOf(), contextOf()), { kind: 'ingested' })
  assert.deepEqual(JSON.parse(upstream.seen[0]?.body ?? '')[1], {
    id: 'a-2',
    contactListId: 'list:1',
    data: { phone: '+14155550101', 'the "note"': '' },
  })
  upstream.replies = [json(200, [{ id: 'a-2' }])]
  await assert.rejects(lists.sendBatch(batchOf(), contextOf({ retryForMs: 0 })), {
    kind: 'malformed_answer',
  })
})

test('asking for a job is a bug here', async (t) => {
  const { lists } = await startClient(t, 'platform')
  await assert.rejects(async () => lists.readJob('j', contextOf()), { name: 'Error' })
})
