import assert from 'node:assert/strict'
import { test } from 'node:test'

import { anUpload } from '../../../support/gateway/an-upload.ts'
import { bearer } from '../../../support/gateway/fake-keys.ts'
import { startFakeServer } from '../../../support/gateway/http-fakes.ts'

test('lists of contact lists hold only what the tenant is granted', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  const answer = await app.inject({ url: '/v1/contact-lists', headers: bearer('lists') })
  assert.deepEqual(answer.json(), { items: [{ id: 'list-1', name: 'One' }], next: null })
})

test('a tenant with all contact lists costs one question, however many lists there are', async (t) => {
  const asked: string[] = []
  const { app } = await startFakeServer({
    access: {
      ...(await startFakeServer()).deps.access,
      isGranted: async (_tenant, _kind, id) => {
        asked.push(id)
        return true
      },
    },
  })
  t.after(() => app.close())
  const answer = await app.inject({ url: '/v1/contact-lists', headers: bearer('lists') })
  assert.equal(answer.json().items.length, 2)
  assert.deepEqual(asked, ['*'])
})

test('members come in the documented order, whatever order the store gives them in', async (t) => {
  const stored = anUpload()
  const backwards = (value: object): never =>
    Object.fromEntries(Object.entries(value).toReversed()) as never
  const { app } = await startFakeServer({
    uploads: {
      ...(await startFakeServer()).deps.uploads,
      find: async () => ({
        ...stored,
        source: backwards(stored.source),
        columns: stored.columns.map(backwards),
      }),
    },
  })
  t.after(() => app.close())
  const upload = (await app.inject({ url: '/v1/uploads/upl_1', headers: bearer('uploads') })).json()
  assert.deepEqual(Object.keys(upload.source), [
    'fileName',
    'format',
    'encoding',
    'encodingFrom',
    'compression',
    'delimiter',
    'bytes',
    'sha256',
  ])
  const members = ['name', 'kind', 'mappedTo', 'by', 'confidence']
  assert.deepEqual(Object.keys(upload.columns[0]), members)
  const problem = await app.inject({ url: '/v1/uploads?colour=red', headers: bearer('uploads') })
  assert.deepEqual(Object.keys(problem.json()), [
    'type',
    'title',
    'status',
    'detail',
    'code',
    'hint',
    'instance',
    'parameters',
  ])
})

test('an upload has its version as ETag and is not sent again when it has not changed', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  const headers = bearer('uploads')
  const first = await app.inject({ url: '/v1/uploads/upl_1', headers })
  assert.equal(first.headers['etag'], '"7"')
  assert.ok(!('tenantId' in first.json()))
  const etag = { ...headers, 'if-none-match': 'W/"6", "7"' }
  const again = await app.inject({ url: '/v1/uploads/upl_1', headers: etag })
  assert.equal(again.statusCode, 304)
  assert.equal(again.body, '')
  const moved = await app.inject({ method: 'POST', url: '/v1/uploads/upl_1/pause', headers })
  assert.equal(moved.headers['etag'], '"8"')
})

test('pages of rows are in order, and no cell of the CSV begins a formula', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  const headers = bearer('uploads')
  const first = await app.inject({ url: '/v1/uploads/upl_1/rows?limit=1', headers })
  assert.equal(first.json().items[0].line, 2)
  const url = `/v1/uploads/upl_1/rows?limit=1&cursor=${first.json().next}`
  const second = (await app.inject({ url, headers })).json()
  assert.deepEqual([second.items[0].line, second.next], [3, null])
  const csv = await app.inject({
    url: '/v1/uploads/upl_1/rows',
    headers: { ...headers, accept: 'text/csv' },
  })
  const lines = csv.body.split('\r\n')
  assert.equal(lines[0], '\ufeffphone,_line,_outcome,_code,_reason,_row')
  assert.match(lines[1]!, /^12,2,rejected,phone-invalid,/)
  assert.match(lines[2]!, /^'=1\+1,3,/)
})

test('uploads are asked for by state, repeated or with commas, and by contact list', async (t) => {
  const asked: unknown[] = []
  const { uploads } = (await startFakeServer()).deps
  const { app } = await startFakeServer({
    uploads: {
      ...uploads,
      list: async (_tenant, page) => {
        asked.push(page)
        return { items: [], next: null }
      },
    },
  })
  t.after(() => app.close())
  const query = 'state=held,paused&state=failed&contactListId=list-1&limit=5&cursor=c'
  const sha256 = 'aB'.repeat(32)
  const found = `sha256=${sha256}&fileName=dir/Sprin%C3%A9.csv&createdFrom=2026-11-28&createdTo=2026-11-28T12:00:00%2B01:00`
  for (const url of [`/v1/uploads?${query}`, `/v1/uploads?${found}`, '/v1/uploads']) {
    assert.equal((await app.inject({ url, headers: bearer('uploads') })).statusCode, 200)
  }
  const states = ['held', 'paused', 'failed']
  assert.deepEqual(asked, [
    { limit: 5, cursor: 'c', states, contactListId: 'list-1' },
    {
      limit: 50,
      cursor: null,
      sha256: sha256.toLowerCase(),
      fileName: 'Spriné.csv',
      createdFrom: new Date('2026-11-28T00:00:00Z'),
      createdTo: new Date('2026-11-28T11:00:00Z'),
    },
    { limit: 50, cursor: null },
  ])
})

test('an admin lists the uploads of another tenant, and nobody else does', async (t) => {
  const asked: string[] = []
  const { uploads } = (await startFakeServer()).deps
  const list = async (tenantId: string) => {
    asked.push(tenantId)
    return { items: [], next: null }
  }
  const { app } = await startFakeServer({ uploads: { ...uploads, list } })
  t.after(() => app.close())
  const get = (name: 'admin' | 'uploads', query: string) =>
    app.inject({ url: `/v1/uploads${query}`, headers: bearer(name) })
  assert.equal((await get('admin', '?tenantId=tnt_b')).statusCode, 200)
  assert.equal((await get('admin', '')).statusCode, 200)
  assert.equal((await get('uploads', '?tenantId=default')).statusCode, 200)
  const refused = await get('uploads', '?tenantId=tnt_b')
  assert.deepEqual([refused.statusCode, refused.json().scope], [403, 'admin'])
  const absent = await get('admin', '?tenantId=tnt_c')
  assert.deepEqual([absent.statusCode, absent.json().detail], [404, 'The tenant does not exist.'])
  assert.deepEqual(asked, ['tnt_b', 'default', 'default'])
})
