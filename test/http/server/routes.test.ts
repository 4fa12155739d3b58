import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'

import { Validator } from '@seriousme/openapi-schema-validator'

import { GenesysFailure } from '../../../src/domain/genesys/genesys-failure.ts'
import { GatewayProblem, PROBLEMS } from '../../../src/domain/problems/problem.ts'
import { REJECTION_CODES } from '../../../src/domain/uploads/rejection.ts'
import { openApiText } from '../../../src/http/document/openapi-file.ts'
import { rowSchema } from '../../../src/http/routes/uploads/upload-row-schemas.ts'
import {
  contactListSchema,
  pageOf,
  problemSchema,
  readinessSchema,
  uploadSchema,
} from '../../../src/http/server/schemas.ts'
import { FILE_REFUSALS } from '../../../src/intake/contract.ts'
import { EVENT_LEVELS } from '../../../src/telemetry/events.ts'
import { anUpload, bearer, startFakeServer } from '../../support/gateway/http-fakes.ts'

test('the API document in the repository is the one that the schemas give', async () => {
  const file = await readFile(new URL('../../../openapi/openapi.json', import.meta.url), 'utf8')
  assert.equal(file, await openApiText(), 'run `npm run openapi`')
})

test('the document is valid OpenAPI 3.1, and every reference in it leads somewhere', async () => {
  const text = await openApiText()
  const validator = new Validator()
  const { valid, errors } = await validator.validate(text)
  assert.ok(valid, JSON.stringify(errors))
  assert.equal(validator.version, '3.1')
  const { components } = JSON.parse(text) as { components: Record<string, object> }
  for (const [, kind, name] of text.matchAll(/"#\/components\/(\w+)\/([^"]+)"/gu)) {
    assert.ok(Object.hasOwn(components[kind!] ?? {}, name!), `${kind} ${name}`)
  }
})

test('the document names exactly the routes that are served', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  const document = (await app.inject({ url: '/openapi.json' })).json()
  const documented = Object.entries<object>(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  )
  const served = app
    .operations()
    .map(({ method, url }) => `${method} ${url.replaceAll(/:(\w+)/gu, '{$1}')}`)
  assert.deepEqual(documented.toSorted(), served.toSorted())
  assert.equal(document.openapi, '3.1.0')
  assert.ok(document.webhooks['upload.completed'])
})

test('answers conform to the schemas of the document', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  const get = async (url: string): Promise<unknown> =>
    (await app.inject({ url, headers: bearer('admin') })).json()
  pageOf(uploadSchema).parse(await get('/v1/uploads'))
  uploadSchema.parse(await get('/v1/uploads/upl_1'))
  pageOf(rowSchema).parse(await get('/v1/uploads/upl_1/rows?outcome=rejected,failed&limit=1'))
  contactListSchema.parse(await get('/v1/contact-lists/list-1'))
  readinessSchema.parse(await get('/readyz'))
  problemSchema.parse(await get('/v1/nothing'))
})

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

test('rows page through in order, and as CSV no cell begins a formula', async (t) => {
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

test('unknown parameters, broken cursors and values out of range are 400 and named', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  for (const [url, name] of [
    ['/v1/uploads?colour=red', 'colour'],
    ['/v1/uploads?limit=201', 'limit'],
    ['/v1/uploads?limit=0', 'limit'],
    ['/v1/uploads?limit=1&limit=2', 'limit'],
    ['/v1/uploads?cursor=broken', 'cursor'],
    ['/v1/uploads?state=held,odd', 'state'],
    ['/v1/uploads?state=receiving', 'state'],
    ['/v1/uploads?state=', 'state'],
    ['/v1/uploads?contactListId=', 'contactListId'],
    ['/v1/uploads?sha256=abc', 'sha256'],
    ['/v1/uploads?fileName=', 'fileName'],
    ['/v1/uploads?fileName=..', 'fileName'],
    ['/v1/uploads?createdFrom=yesterday', 'createdFrom'],
    ['/v1/uploads?createdFrom=2026-02-30', 'createdFrom'],
    ['/v1/uploads?createdTo=2026-11-28T12:00:00', 'createdTo'],
    ['/v1/uploads?contactListId=a&contactListId=b', 'contactListId'],
    ['/v1/uploads/upl_1/rows?cursor=x', 'cursor'],
    ['/v1/uploads/upl_1/rows?outcome=odd', 'outcome'],
    ['/v1/uploads/upl_1?x=1', 'x'],
    ['/livez?__proto__=1', '__proto__'],
  ] as const) {
    const answer = await app.inject({ url, headers: bearer('admin') })
    assert.equal(answer.statusCode, 400, url)
    assert.deepEqual(answer.json().parameters, [name], url)
  }
})

test('framework errors are problems: unknown address, wrong method, broken escape, bad JSON', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  const headers = { ...bearer('admin'), 'content-type': 'application/json' }
  const cases = [
    [{ url: '/nothing' }, 404, 'not-found'],
    [{ url: '/v1/uploads', method: 'DELETE' }, 405, 'method-not-allowed'],
    [{ url: '/v1/uploads/upl_1/rows', method: 'HEAD' }, 405, 'method-not-allowed'],
    [{ url: '/v1/uploads/%zz' }, 400, 'url-malformed'],
    [
      { url: '/v1/uploads/upl_1/pause', method: 'POST', headers, payload: '{' },
      400,
      'body-malformed',
    ],
    [
      { url: '/v1/uploads/upl_1/pause', method: 'POST', headers, payload: '{"__proto__":1}' },
      400,
      'body-malformed',
    ],
    [
      {
        url: '/v1/uploads/upl_1/pause',
        method: 'POST',
        headers: { ...headers, 'content-type': 'text/plain' },
        payload: 'x',
      },
      415,
      'media-type-unsupported',
    ],
  ] as const
  for (const [request, status, code] of cases) {
    const answer = await app.inject(request)
    assert.equal(answer.statusCode, status, request.url)
    assert.match(String(answer.headers['content-type']), /^application\/problem\+json/)
    assert.equal(answer.headers['x-content-type-options'], 'nosniff')
    if (request !== cases[2][0]) assert.equal(answer.json().code, code)
  }
})

test('what workflows throw becomes the right problem, and a defect tells the caller nothing', async (t) => {
  const thrown: { error: unknown } = { error: null }
  const { app, events } = await startFakeServer({
    readContactList: async () => {
      throw thrown.error
    },
  })
  t.after(() => app.close())
  const call = async (error: unknown) => {
    thrown.error = error
    return app.inject({ url: '/v1/contact-lists/list-1', headers: bearer('admin') })
  }
  const down = await call(new GenesysFailure('throttled', 'read', { retryAfterMs: 2500 }))
  assert.deepEqual([down.statusCode, down.headers['retry-after']], [503, '3'])
  const right = 'outbound:contactList:view'
  const denied = (await call(new GenesysFailure('forbidden', 'read', { right }))).json()
  assert.deepEqual([denied.code, denied.right], ['genesys-refused', right])
  assert.match(denied.detail, /denies us a right, probably outbound:contactList:view\.$/)
  assert.equal((await call(new GenesysFailure('not_found', 'read'))).json().code, 'not-found')
  const refused = await call(Object.assign(new Error('x'), { code: 'ECONNREFUSED' }))
  assert.equal(refused.json().code, 'database-unavailable')
  const member = await call(
    new GatewayProblem('genesys-refused', 'No.', { status: 200, right: 'x' }),
  )
  assert.deepEqual([member.json().status, member.json().right], [502, 'x'])
  const defect = await call(new Error('secret +14155550100'))
  assert.equal(defect.statusCode, 500)
  assert.doesNotMatch(defect.body + JSON.stringify(events), /secret|4155550100/)
  assert.ok(events.some((event) => event.name === 'http.failed'))
})

test('every problem and every row code has a page, as HTML and as JSON', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  for (const code of [...Object.keys(PROBLEMS), ...REJECTION_CODES]) {
    const html = await app.inject({ url: `/problems/${code}` })
    assert.equal(html.statusCode, 200, code)
    assert.match(html.body, /Genesys is simulated/)
    const json = await app.inject({
      url: `/problems/${code}`,
      headers: { accept: 'application/json' },
    })
    assert.equal(json.json().code, code)
  }
  const about = async (code: string) =>
    (await app.inject({ url: `/problems/${code}`, headers: { accept: 'application/json' } })).json()
  for (const code of ['contact-list-gone', 'failed-rows-unidentified']) {
    assert.equal((await about(code)).about, 'upload')
  }
  for (const code of ['contact-list-gone', 'genesys-refused', 'schema-drift']) {
    assert.match((await about(code)).meaning, /`problem` of an upload/)
  }
  for (const code of FILE_REFUSALS)
    assert.ok(PROBLEMS[code].status === 422 || PROBLEMS[code].status === 413)
  assert.equal((await app.inject({ url: '/problems/none' })).statusCode, 404)
})

test('one telemetry event a request, by route pattern, without a query', async (t) => {
  const { app, events } = await startFakeServer()
  t.after(() => app.close())
  const headers = { ...bearer('admin'), 'x-request-id': 'mine-1' }
  const answer = await app.inject({ url: '/v1/uploads/upl_1?phone=4155550100', headers })
  assert.equal(answer.headers['x-request-id'], 'mine-1')
  assert.equal(answer.json().instance, 'mine-1')
  const told = events.filter((event) => event.name === 'http.answered')
  assert.equal(told.length, 1)
  assert.equal(told[0]!.fields['route'], '/v1/uploads/:uploadId')
  assert.equal(told[0]!.fields['problem'], 'parameter-invalid')
  assert.doesNotMatch(JSON.stringify(events), /4155550100/)
  const odd = await app.inject({ url: '/livez', headers: { 'x-request-id': 'a b' } })
  assert.match(String(odd.headers['x-request-id']), /^req_/)
})

test('probes and scrapes are told apart, for the log would hold little else', async (t) => {
  const { app, events } = await startFakeServer()
  t.after(() => app.close())
  const urls = ['/livez', '/readyz', '/metrics', '/problems']
  for (const url of urls) await app.inject({ url, headers: bearer('admin') })
  const told = events.filter(({ name }) => name.startsWith('http.'))
  assert.deepEqual(
    told.map(({ name, fields }) => [fields['route'], EVENT_LEVELS[name as 'http.answered']]),
    [
      ['/livez', 'debug'],
      ['/readyz', 'debug'],
      ['/metrics', 'debug'],
      ['/problems', 'info'],
    ],
  )
})

test('readiness names what is missing and answers carry the sandbox notice', async (t) => {
  const { app } = await startFakeServer({
    readiness: async () => ({
      ready: false,
      checks: { database: { ok: false, detail: 'down' } },
      sandbox: true,
    }),
  })
  t.after(() => app.close())
  const answer = await app.inject({ url: '/readyz' })
  assert.equal(answer.statusCode, 503)
  assert.deepEqual(answer.json().missing, ['database'])
  assert.equal(answer.headers['x-genesys-simulated'], 'true')
  assert.equal(answer.headers['cache-control'], 'no-store')
  assert.match((await app.inject({ url: '/problems' })).body, /Genesys is simulated/)
  assert.match((await app.inject({ url: '/docs' })).body, /<title>[^<]*Genesys is simulated/)
  assert.match((await app.inject({ url: '/docs/json' })).json().info.summary, /is simulated/)
})

test('the documentation works without the internet', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  const page = await app.inject({ url: '/docs/' })
  const html = page.statusCode === 200 ? page : await app.inject({ url: '/docs' })
  assert.equal(html.statusCode, 200)
  assert.doesNotMatch(html.body, /(?:src|href)="https?:/)
  assert.equal((await app.inject({ url: '/docs/static/swagger-ui-bundle.js' })).statusCode, 200)
  const start = (await app.inject({ url: '/docs/static/swagger-initializer.js' })).body
  assert.match(start, /"layout":\s*"BaseLayout"|layout: 'BaseLayout'/)
  assert.doesNotMatch(start, /data:image|petstore/)
  const icon = /<link rel="icon"[^>]*href="([^"]+)"/.exec(html.body)?.[1] ?? ''
  assert.match(icon, /theme\/icon\.svg$/)
  assert.match((await app.inject({ url: '/docs/static/theme/icon.svg' })).body, /^<svg/)
})
