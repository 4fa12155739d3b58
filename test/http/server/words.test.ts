import assert from 'node:assert/strict'
import { test } from 'node:test'

import { bearer } from '../../support/gateway/fake-keys.ts'
import { startFakeServer } from '../../support/gateway/http-fakes.ts'

const UPLOADS = '/v1/contact-lists/list-1/uploads'

test('a refused option or parameter is named with what is permitted, and never with the value given', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  const headers = { ...bearer('admin'), 'content-type': 'text/csv', 'idempotency-key': 'k' }
  const cases: ['POST' | 'GET', string, RegExp][] = [
    ['POST', `${UPLOADS}?duplicates=secret`, /^`duplicates` must be one of "update", "skip", "ig/],
    [
      'POST',
      `${UPLOADS}?defaultRegion=secret`,
      /^`defaultRegion` must be the two-letter code of a country/,
    ],
    ['POST', `${UPLOADS}?delimiter=secret`, /^`delimiter` must be one of ",", ";", "\\t", "\|"\.$/],
    ['POST', `${UPLOADS}?notBefore=2026-12-24T09:00:00+01:00`, /Z or an offset.*%2B01:00/],
    ['POST', `${UPLOADS}?validateOnly=secret`, /^`validateOnly` must be of the type boolean/],
    ['POST', `${UPLOADS}?mapping=secret`, /^The value of `mapping` is not valid JSON\.$/],
    ['POST', `${UPLOADS}?ann@secret.example=1`, /^`\(not shown\)` is unknown\.$/],
    ['GET', '/v1/uploads/upl_1/rows?outcome=secret', /^`outcome` must be one of "[^.]+"\.$/],
    ['GET', '/v1/uploads?limit=0', /^`limit` must be a whole number from 1 to 200\.$/],
    ['GET', '/v1/uploads?limit=201', /^`limit` may be at most 200\.$/],
  ]
  for (const [method, url, detail] of cases) {
    const answer = await app.inject({
      method,
      url,
      headers,
      ...(method === 'POST' && { body: 'a' }),
    })
    assert.equal(answer.statusCode, 400, url)
    assert.match(answer.json().detail, detail)
    assert.doesNotMatch(answer.body, /secret/)
  }
})

test('a member that is not there is told as missing, one of the wrong type by the right type', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  const detail = async (payload: object): Promise<string> => {
    const headers = { ...bearer('lists'), 'idempotency-key': 'k' }
    const answer = await app.inject({ method: 'POST', url: '/v1/contact-lists', headers, payload })
    assert.equal(answer.json().code, 'body-invalid')
    return answer.json().detail
  }
  const columns = [{ name: 'id', kind: 'text' }]
  assert.equal(await detail({ name: 'N', columns }), '`contactIdColumn` is missing.')
  assert.equal(
    await detail({ name: 'N', columns, contactIdColumn: 4711 }),
    '`contactIdColumn` must be of the type string.',
  )
  assert.match(
    await detail({ name: 'N', columns: [{ name: 'id' }], contactIdColumn: 'id' }),
    /^`columns\.0\.kind` is missing\. Send one of "text", /,
  )
})

test('a body that is not taken hears why: its charset, its missing boundary, its second file', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  const part = 'content-disposition: form-data; name="file"; filename="a.csv"\r\n\r\nid\r\n'
  const cases: [string, string, RegExp][] = [
    ['text/csv; charset=koi8-r', 'a', /charset koi8-r is not supported/],
    ['multipart/form-data', 'a', /no boundary/],
    ['multipart/form-data; boundary=B', `--B\r\n${part}--B\r\n${part}--B--\r\n`, /than one file/],
  ]
  for (const [type, payload, detail] of cases) {
    const headers = { ...bearer('uploads'), 'content-type': type, 'idempotency-key': 'k' }
    const answer = await app.inject({ method: 'POST', url: UPLOADS, headers, payload })
    assert.match(answer.json().detail, detail)
  }
})

test('HEAD is answered like GET without a body, to those who may GET', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  const head = async (url: string, headers = {}) => app.inject({ method: 'HEAD', url, headers })
  for (const url of ['/livez', '/readyz', '/openapi.json', '/problems', '/docs/', '/metrics']) {
    const [answer, full] = [await head(url), await app.inject({ url })]
    assert.deepEqual([answer.statusCode, answer.body], [full.statusCode, ''], url)
  }
  assert.equal((await head('/v1/uploads/upl_1')).statusCode, 401)
  assert.equal((await head('/v1/uploads/upl_1', bearer('dnc'))).statusCode, 403)
  const upload = await head('/v1/uploads/upl_1', bearer('uploads'))
  assert.deepEqual([upload.statusCode, upload.body, upload.headers['etag']], [200, '', '"7"'])
})

test('the pages of the documentation load nothing from elsewhere and work over plain HTTP', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  const policy = String((await app.inject({ url: '/docs/' })).headers['content-security-policy'])
  assert.match(policy, /default-src 'self'; .*img-src 'self' data:; /)
  assert.doesNotMatch(policy, /upgrade-insecure-requests|https:|swagger\.io/)
})

test('an unknown address is told as one', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  const answer = (await app.inject({ url: '/v2/uploads' })).json()
  assert.match(answer.detail, /no such address.*\/openapi\.json/)
  assert.match(answer.hint, /^Compare the address/)
})

test('the API document says of every option of an upload, and of every parameter of its rows, what it means', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  const { paths } = (await app.inject({ url: '/openapi.json' })).json()
  for (const operation of [
    paths['/v1/contact-lists/{contactListId}/uploads'].post,
    paths['/v1/uploads/{uploadId}/rows'].get,
  ]) {
    const asked = operation.parameters.filter((one: { in: string }) => one.in === 'query')
    assert.ok(asked.length >= 4)
    for (const { name, description } of asked) assert.match(description ?? '', /\w/, name)
  }
})
