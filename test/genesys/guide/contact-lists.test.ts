import assert from 'node:assert/strict'
import { test } from 'node:test'

import { batchOf, contextOf, json, startClient } from '../harness.ts'

const fields = [
  { name: 'customerId', type: 'String', required: true },
  { name: 'mobile', type: 'String', format: 'E.164' },
  { name: 'phone2', type: 'Phone' },
  { name: 'mail', type: 'Email', extra: 1 },
  { name: 'born', type: 'Date' },
]
const list = { id: 'l', name: 'L', status: 'READY', schema: { name: 's', version: 3, fields } }

test('a list is read with its kinds, state and schema version', async (t) => {
  const { upstream, lists } = await startClient(t, 'guide')
  upstream.replies = [json(200, list)]
  const read = await lists.readContactList('a:b', contextOf())
  assert.equal(upstream.seen[0]?.url, '/api/v2/outbound/lists/a%3Ab')
  assert.deepEqual(
    read.columns.map(({ kind }) => kind),
    ['text', 'phone', 'phone', 'email', 'date'],
  )
  assert.deepEqual([read.status, read.size, read.columns[0]?.required], ['ready', null, true])
  upstream.replies = [
    json(200, {
      ...list,
      status: 'PROCESSING',
      schema: { ...list.schema, fields: fields.slice(1) },
    }),
  ]
  const later = await lists.readContactList('a:b', contextOf())
  assert.equal(later.status, 'processing')
  assert.notEqual(later.schemaVersion, read.schemaVersion)
})

test('a batch goes as objects, empty optional cells as null, text exact', async (t) => {
  const { upstream, lists } = await startClient(t, 'guide')
  upstream.replies = [json(200, { jobId: 'j' })]
  await lists.sendBatch(batchOf(), contextOf())
  assert.equal(upstream.seen[0]?.url, '/api/v2/outbound/lists/list%3A1/contacts/bulk?mode=append')
  assert.deepEqual(JSON.parse(upstream.seen[0]?.body ?? ''), [
    { contactId: 'a-1', phone: '+14155550100', 'the "note"': 'say "hi"\n\ud800' },
    { contactId: 'a-2', phone: '+14155550101', 'the "note"': null },
  ])
})

test('a batch over the byte limit fails here and is never sent', async (t) => {
  const { upstream, lists } = await startClient(t, 'guide')
  const cells = ['+1', 'x'.repeat(10_000_000), '+1', '']
  await assert.rejects(lists.sendBatch(batchOf({ cells }), contextOf()), { kind: 'too_large' })
  assert.equal(upstream.seen.length, 0)
})

test("a job's errors come as codes, never as words", async (t) => {
  const { upstream, lists } = await startClient(t, 'guide')
  const errors = [
    { index: 4, contactId: 'a', field: 'mobile', message: 'bad phone +14155550100' },
    { index: 5, field: '+14155550100', message: 'Anna Lee is unhappy' },
  ]
  upstream.replies = [json(200, { id: 'j', status: 'completed', processed: 9, failed: 2, errors })]
  assert.deepEqual(await lists.readJob('j', contextOf()), {
    state: 'completed',
    processed: 9,
    failed: 2,
    errors: [
      { index: 4, contactId: 'a', field: 'mobile', code: 'genesys-phone-invalid', said: null },
      { index: 5, contactId: null, field: null, code: 'genesys-refused', said: null },
    ],
  })
})
