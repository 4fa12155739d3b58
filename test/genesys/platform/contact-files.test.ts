import assert from 'node:assert/strict'
import { test } from 'node:test'

import { isUploadUrl } from '../../../src/genesys/calls/presigned.ts'
import { contextOf, json, startClient, text, type Upstream } from '../harness.ts'

const PART = {
  listId: 'l-1',
  requestId: '0198c0de-0000-7000-8000-000000000001',
  fileName: 'upl_1-1.csv',
  csv: Buffer.from('contactId,phone\r\nc-1,+14155550100'),
  rows: 1,
  contactIdColumn: 'contactId',
}
const HEADERS = { 'x-amz-tagging': 'a=b', 'Content-Type': 'text/csv' }
const placeOf = (upstream: Upstream) =>
  json(200, { url: `${upstream.url}/place?signature=s3cret`, uploadKey: 'k', headers: HEADERS })

test('a file goes to its pre-signed place with exactly the headers returned and no bearer', async (t) => {
  const { upstream, client, told } = await startClient(t, 'platform')
  upstream.replies = [placeOf(upstream), text(200, '')]
  await client.contactFiles.startImport!(PART, contextOf())
  const [asked, put] = upstream.seen
  assert.equal(asked?.url, '/api/v2/outbound/contactlists/uploads')
  assert.deepEqual(JSON.parse(asked?.body ?? ''), {
    contentType: 'text/csv',
    id: 'l-1',
    contactIdName: 'contactId',
    clearSystemData: false,
    signedUrlTimeoutSeconds: 600,
  })
  assert.deepEqual([put?.method, put?.url], ['PUT', '/place?signature=s3cret'])
  assert.equal(put?.body, PART.csv.toString())
  const { host, connection, 'content-length': length, ...others } = put.headers
  assert.ok(host && connection)
  assert.equal(length, String(PART.csv.length))
  assert.deepEqual(others, { 'x-amz-tagging': 'a=b', 'content-type': 'text/csv' })
  assert.ok(!JSON.stringify(told).includes('s3cret'))
})

test('a 403 at the place asks for a new URL, once', async (t) => {
  const { upstream, client } = await startClient(t, 'platform')
  upstream.replies = [placeOf(upstream), text(403, ''), placeOf(upstream), text(200, '')]
  await client.contactFiles.startImport!(PART, contextOf())
  assert.equal(upstream.seen.length, 4)
  upstream.replies = [placeOf(upstream), text(403, ''), placeOf(upstream), text(403, '')]
  await assert.rejects(client.contactFiles.startImport!(PART, contextOf()), { kind: 'forbidden' })
})

test('a redirect is not followed, and nothing is sent to a host that is not on the list', async (t) => {
  const { upstream, client } = await startClient(t, 'platform')
  upstream.replies = [placeOf(upstream), text(307, '', { location: `${upstream.url}/elsewhere` })]
  await assert.rejects(client.contactFiles.startImport!(PART, contextOf()), { kind: 'refused' })
  assert.equal(upstream.seen.length, 2)
  upstream.replies = [json(200, { url: 'https://evil.example/place', headers: {} })]
  await assert.rejects(client.contactFiles.startImport!(PART, contextOf()), {
    kind: 'refused',
    upstreamCode: 'upload-host-not-allowed',
  })
  assert.equal(upstream.seen.length, 3)
})

test('which URLs a file may be put to', () => {
  const hosts = {
    patterns: ['*.amazonaws.com', 'files.example'],
    apiHost: 'api.mypurecloud.com',
    httpHosts: ['minio.internal'],
  }
  const allowed = [
    'https://bucket.s3.us-east-1.amazonaws.com/key?X-Amz-Signature=1',
    'https://files.example/x',
    'https://api.mypurecloud.com/x',
  ]
  const refused = [
    'http://bucket.s3.us-east-1.amazonaws.com/key',
    'https://amazonaws.com/key',
    'https://evilamazonaws.com/key',
    'https://bucket.amazonaws.com.evil.example/key',
    'https://user:pass@bucket.amazonaws.com/key',
    'https://bucket.amazonaws.com:8443/key',
    'https://169.254.169.254/latest',
    'http://minio.internal/x',
    'ftp://files.example/x',
    'not a url',
  ]
  for (const url of allowed) assert.equal(isUploadUrl(url, hosts), true, url)
  for (const url of refused) assert.equal(isUploadUrl(url, hosts), false, url)
})

test('an import is done when no state is told with 100 %, and the status of before looks the same', async (t) => {
  const { upstream, client } = await startClient(t, 'platform')
  const counts = { totalRecords: 9, completedRecords: 9, percentComplete: 100 }
  for (const [wire, state] of [
    [counts, 'completed'],
    [{ ...counts, state: 'IN_PROGRESS', percentComplete: 30 }, 'in_progress'],
    [{ state: 'FAILED', failureReason: 'CONTACT_COLUMNS_LIMIT_EXCEEDED' }, 'failed'],
    [{}, 'none'],
  ] as const) {
    upstream.replies = [json(200, wire)]
    const status = await client.contactFiles.readImport!('l:1', contextOf())
    assert.equal(status.state, state)
  }
  assert.equal(upstream.seen[0]?.url, '/api/v2/outbound/contactlists/l%3A1/importstatus')
})

test('events of the list since a moment come oldest first, over pages, others are passed over', async (t) => {
  const { upstream, client } = await startClient(t, 'platform')
  const event = (at: string, listId: string, level = 'ERROR') => ({
    timestamp: at,
    level,
    category: 'IMPORT_ERROR',
    errorEntity: { id: listId },
    eventMessage: { code: 'IMPORT_INVALID_PHONE_NUMBERS', message: '+14155550100 is bad' },
  })
  upstream.replies = [
    json(200, {
      pageCount: 3,
      entities: [event('2026-03-01T12:03:00Z', 'l-1'), event('2026-03-01T12:02:00Z', 'other')],
    }),
    json(200, {
      pageCount: 3,
      entities: [
        event('2026-03-01T12:01:00Z', 'l-1', 'WARNING'),
        event('2026-03-01T11:00:00Z', 'l-1'),
      ],
    }),
    json(200, { pageCount: 0, entities: [] }),
  ]
  const since = new Date('2026-03-01T12:00:00Z')
  const events = await client.contactFiles.readImportEvents!('l-1', since, contextOf())
  assert.deepEqual(
    events.map(({ at, level, code }) => [at.toISOString(), level, code]),
    [
      ['2026-03-01T12:01:00.000Z', 'warning', 'import_invalid_phone_numbers'],
      ['2026-03-01T12:03:00.000Z', 'error', 'import_invalid_phone_numbers'],
    ],
  )
  const categories = upstream.seen.map(({ url }) =>
    new URL(url, 'http://x').searchParams.get('category'),
  )
  assert.deepEqual(categories, ['IMPORT_ERROR', 'IMPORT_ERROR', 'CONTACT', 'ENTITY_LIMIT'])
})

test('the event of a full list counts, though it stands under another category', async (t) => {
  const { upstream, client } = await startClient(t, 'platform')
  const full = {
    timestamp: '2026-03-01T12:03:00Z',
    level: 'ERROR',
    category: 'ENTITY_LIMIT',
    relatedEntity: { id: 'l-1' },
    eventMessage: { code: 'EXCEEDED_CONTACT_LIMIT' },
  }
  const none = json(200, { pageCount: 0, entities: [] })
  upstream.replies = [none, none, json(200, { pageCount: 1, entities: [full] })]
  const since = new Date('2026-03-01T12:00:00Z')
  const events = await client.contactFiles.readImportEvents!('l-1', since, contextOf())
  assert.deepEqual(
    events.map(({ code, rowCode }) => [code, rowCode]),
    [['exceeded_contact_limit', 'contact-list-full']],
  )
})
