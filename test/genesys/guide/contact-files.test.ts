import assert from 'node:assert/strict'
import { test } from 'node:test'

import { contextOf, json, startClient } from '../harness.ts'

const PART = {
  listId: 'list:1',
  requestId: '0198c0de-0000-7000-8000-000000000001',
  fileName: 'upl_1-1.csv',
  csv: Buffer.from('c-1,+14155550100\r\nc-2,"say ""é"""'),
  rows: 2,
}

/** The parts of a form as they are on the wire. */
const formOf = (contentType: string | undefined, body: string) => {
  const boundary = /boundary=(\S+)$/.exec(contentType ?? '')?.[1] ?? ''
  const pieces = body.split(`--${boundary}`)
  assert.equal(pieces.at(-1), '--\r\n')
  return pieces.slice(1, -1).map((piece) => {
    const [head = '', ...rest] = piece.replace(/^\r\n/, '').split('\r\n\r\n')
    return { head: head.split('\r\n'), body: rest.join('\r\n\r\n').replace(/\r\n$/, '') }
  })
}

test('a file goes as the one part of a form, under its own id, with its mode', async (t) => {
  const { upstream, client } = await startClient(t, 'guide')
  upstream.replies = [json(200, { jobId: 'job-1' })]
  const { sendFile } = client.contactFiles
  assert.deepEqual(await sendFile!({ ...PART, mode: 'append' }, contextOf()), { jobId: 'job-1' })
  const seen = upstream.seen[0]!
  assert.equal(seen.method, 'POST')
  assert.equal(seen.url, '/api/v2/outbound/lists/list%3A1/contacts/upload?mode=append')
  assert.equal(seen.headers['x-request-id'], PART.requestId)
  assert.match(seen.headers.authorization ?? '', /^Bearer /)
  assert.deepEqual(formOf(seen.headers['content-type'], seen.body), [
    {
      head: [
        'content-disposition: form-data; name="file"; filename="upl_1-1.csv"',
        'content-type: text/csv; charset=utf-8',
      ],
      body: PART.csv.toString(),
    },
  ])
})

test('the same part is the same bytes, and a boundary never occurs in the file', async (t) => {
  const { upstream, client } = await startClient(t, 'guide')
  upstream.replies = [json(200, { jobId: 'job-1' })]
  const csv = Buffer.from(`x,gateway-${PART.requestId}`)
  for (const part of [PART, PART, { ...PART, csv }]) {
    await client.contactFiles.sendFile!({ ...part, mode: 'append' }, contextOf())
  }
  const [first, second, third] = upstream.seen
  assert.equal(first?.body, second?.body)
  assert.equal(formOf(third?.headers['content-type'], third?.body ?? '').length, 1)
})

test('a file with a callback has its options before it, each mapping with its type', async (t) => {
  const { upstream, client } = await startClient(t, 'guide')
  upstream.replies = [json(200, { uploadId: 'up-1' })]
  const receipt = await client.contactFiles.sendCallbackFile!(
    {
      ...PART,
      duplicateCheckField: 'contactId',
      duplicateCheckBehavior: 'update',
      columns: [
        { name: 'contactId', kind: 'text' },
        { name: 'phone', kind: 'phone' },
        { name: 'mail', kind: 'email' },
        { name: 'born', kind: 'date' },
      ],
      callbackUrl: 'https://gw.example/webhook/genesys-upload?token=t',
    },
    contextOf(),
  )
  assert.deepEqual(receipt, { jobId: 'up-1' })
  const seen = upstream.seen[0]!
  assert.equal(seen.url, '/api/v2/outbound/contactlists/list%3A1/upload')
  const [options, file] = formOf(seen.headers['content-type'], seen.body)
  assert.match(options?.head[0] ?? '', /name="uploadOptions"$/)
  assert.deepEqual(JSON.parse(options?.body ?? ''), {
    duplicateCheckField: 'contactId',
    duplicateCheckBehavior: 'update',
    columnMappings: [
      { name: 'contactId', type: 'String' },
      { name: 'phone', type: 'Phone' },
      { name: 'mail', type: 'Email' },
      { name: 'born', type: 'Date' },
    ],
    callbackUrl: 'https://gw.example/webhook/genesys-upload?token=t',
  })
  assert.match(file?.head[0] ?? '', /name="file"/)
})

test('a file over the limit fails here and is never sent; the refusal of one speaks of its rows', async (t) => {
  const { upstream, client } = await startClient(t, 'guide')
  const sendFile = client.contactFiles.sendFile!
  const large = { ...PART, csv: Buffer.alloc(10_000_001, 'x'), mode: 'append' as const }
  await assert.rejects(sendFile(large, contextOf()), { kind: 'too_large' })
  assert.equal(upstream.seen.length, 0)
  upstream.replies = [json(400, { message: 'Invalid File Format' })]
  await assert.rejects(sendFile({ ...PART, mode: 'append' }, contextOf()), { kind: 'rows_refused' })
})
