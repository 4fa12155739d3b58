import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'

import { bearer } from '../../../support/gateway/fake-keys.ts'
import { startFakeServer } from '../../../support/gateway/http-fakes.ts'

const URL_PATH = '/v1/contact-lists/list-1/uploads'
const CSV = { ...bearer('uploads'), 'content-type': 'text/csv', 'idempotency-key': '"k-1"' }

const form = (
  parts: string[],
  close = true,
): { headers: Record<string, string>; payload: string } => ({
  headers: { ...CSV, 'content-type': 'multipart/form-data; boundary=B' },
  payload: `${parts.map((part) => `--B\r\n${part}\r\n`).join('')}${close ? '--B--\r\n' : ''}`,
})
const FILE =
  'content-disposition: form-data; name="file"; filename="../x/a\u202e.csv"\r\ncontent-type: text/csv\r\n\r\nid\n1'
const options = (json: string) => `content-disposition: form-data; name="options"\r\n\r\n${json}`

test('checks come in the promised order: each fault shows only when all before it are mended', async (t) => {
  const { app } = await startFakeServer({ limits: { maxUploadBytes: 3 } })
  t.after(() => app.close())
  const call = async (url: string, headers: Record<string, string>) =>
    (await app.inject({ method: 'POST', url, headers, payload: 'abcdef' })).json().code
  const foreign = '/v1/contact-lists/list-foreign/uploads'
  const bad = `${foreign}?mod=append`
  assert.equal(await call(bad, { 'content-type': 'text/plain' }), 'unauthorized')
  assert.equal(await call(bad, { 'content-type': 'text/plain', ...bearer('dnc') }), 'scope-missing')
  assert.equal(
    await call(bad, { 'content-type': 'text/plain', ...bearer('uploads') }),
    'media-type-unsupported',
  )
  const typed = { 'content-type': 'text/csv', ...bearer('uploads') }
  assert.equal(await call(bad, typed), 'option-unknown')
  assert.equal(await call(foreign, typed), 'idempotency-key-missing')
  assert.equal(await call(foreign, CSV), 'upload-too-large')
})

test('an ungranted list is 404 after everything about the request is right', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  const url = '/v1/contact-lists/list-foreign/uploads'
  const answer = await app.inject({ method: 'POST', url, headers: CSV, payload: 'a' })
  assert.equal(answer.json().code, 'not-found')
})

test('a bare body reaches the workflow with its bytes, typed options and the unquoted key', async (t) => {
  const { app, received } = await startFakeServer()
  t.after(() => app.close())
  const url = `${URL_PATH}?phoneColumns=a,b&emailColumns=${encodeURIComponent('["c"]')}&mapping=${encodeURIComponent('{"a":null}')}&hasHeader=true`
  const answer = await app.inject({ method: 'POST', url, headers: CSV, payload: 'id\n1' })
  assert.equal(answer.statusCode, 202)
  assert.equal(answer.headers['location'], '/v1/uploads/upl_1')
  const request = received[0]!
  assert.equal(request.bytes.toString(), 'id\n1')
  assert.deepEqual(request.options.phoneColumns, ['a', 'b'])
  assert.deepEqual(request.options.emailColumns, ['c'])
  assert.deepEqual(request.options.mapping, { a: null })
  assert.equal(request.idempotencyKey, 'k-1')
  assert.equal(request.path, URL_PATH)
})

test('a replayed answer says so', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  const headers = { ...CSV, 'idempotency-key': 'again' }
  const answer = await app.inject({ method: 'POST', url: URL_PATH, headers, payload: 'a' })
  assert.equal(answer.headers['idempotency-replayed'], 'true')
})

test('JSON and NDJSON bodies are handed on unread, even when they are not valid', async (t) => {
  const { app, received } = await startFakeServer()
  t.after(() => app.close())
  for (const type of ['application/json; charset=utf-8', 'application/x-ndjson']) {
    const headers = { ...CSV, 'content-type': type }
    await app.inject({ method: 'POST', url: URL_PATH, headers, payload: '{"a":' })
  }
  assert.deepEqual(
    received.map((request) => [request.format, request.bytes.toString()]),
    [
      ['json', '{"a":'],
      ['ndjson', '{"a":'],
    ],
  )
})

test('a form gives options, a cleaned file name and the file', async (t) => {
  const { app, received } = await startFakeServer()
  t.after(() => app.close())
  const { headers, payload } = form([options('{"duplicates":"skip"}'), FILE])
  const answer = await app.inject({ method: 'POST', url: URL_PATH, headers, payload })
  assert.equal(answer.statusCode, 202, answer.body)
  assert.equal(received[0]!.fileName, 'a.csv')
  assert.equal(received[0]!.options.duplicates, 'skip')
  assert.equal(received[0]!.bytes.toString(), 'id\n1')
})

test('a file is named by the option, else by its part or by X-File-Name, always without a path', async (t) => {
  const { app, received } = await startFakeServer()
  t.after(() => app.close())
  const bare = async (query: string, name?: string) => {
    const headers = { ...CSV, ...(name === undefined ? {} : { 'x-file-name': name }) }
    const url = `${URL_PATH}?${query}`
    const answer = await app.inject({ method: 'POST', url, headers, payload: 'id\n1' })
    assert.equal(answer.statusCode, 202, answer.body)
    const { fileName, options: kept } = received.at(-1)!
    assert.ok(!('fileName' in kept), 'what a file is called is no option of its rows')
    return fileName
  }
  assert.equal(await bare(''), null)
  assert.equal(await bare('', 'C:\\daily\\may.csv'), 'may.csv')
  assert.equal(await bare('', 'M%C3%A4rz%20%E2%80%AEvsc.csv'), 'März vsc.csv')
  assert.equal(await bare('', Buffer.from('März.csv').toString('latin1')), 'März.csv')
  assert.equal(await bare('', Buffer.from('März.csv', 'latin1').toString('latin1')), 'März.csv')
  assert.equal(await bare('', '100%.csv'), '100%.csv')
  assert.equal(await bare('fileName=..%2Fjune.csv', 'may.csv'), 'june.csv')
  const { headers, payload } = form([options('{"fileName":"july.csv"}'), FILE])
  await app.inject({ method: 'POST', url: URL_PATH, headers, payload })
  assert.equal(received.at(-1)!.fileName, 'july.csv')
})

test('a fileName that names nothing is refused', async (t) => {
  const { app, received } = await startFakeServer()
  t.after(() => app.close())
  for (const name of ['', '..', 'a/', '%E2%80%AE']) {
    const url = `${URL_PATH}?fileName=${name}`
    const answer = await app.inject({ method: 'POST', url, headers: CSV, payload: 'id\n1' })
    assert.equal(answer.statusCode, 400, name)
    assert.deepEqual([answer.json().code, answer.json().options], ['option-invalid', ['fileName']])
  }
  assert.equal(received.length, 0)
})

/** The same body, with every ~ replaced by a byte that begins no character. */
const notUtf8 = ({ headers, payload }: ReturnType<typeof form>) => ({
  headers,
  payload: Buffer.from(payload.replaceAll('~', '\u00ff'), 'latin1'),
})

type BadForm = { headers: Record<string, string>; payload: string | Buffer }
const BAD_FORMS: [string, BadForm, number, string][] = [
  ['options after file', form([FILE, options('{}')]), 400, 'multipart-malformed'],
  ['no file', form([options('{}')]), 400, 'multipart-malformed'],
  ['no closing boundary', form([FILE], false), 400, 'multipart-malformed'],
  [
    'unknown part',
    form(['content-disposition: form-data; name="x"\r\n\r\n1', FILE]),
    400,
    'multipart-malformed',
  ],
  ['two files', form([FILE, FILE]), 400, 'multipart-malformed'],
  ['options no JSON', form([options('{'), FILE]), 400, 'option-invalid'],
  ['unknown option', form([options('{"mod":1}'), FILE]), 400, 'option-unknown'],
  [
    'an option with the name __proto__',
    form([options('{"__proto__":{"polluted":1}}'), FILE]),
    400,
    'option-invalid',
  ],
  ['an option twice', form([options('{"mode":"append","mode":"x"}'), FILE]), 400, 'option-invalid'],
  [
    'an option twice in a part that says it is JSON',
    form([
      'content-disposition: form-data; name="options"\r\ncontent-type: application/json\r\n\r\n{"mode":"x","mode":"append"}',
      FILE,
    ]),
    400,
    'option-invalid',
  ],
  [
    'options that are no UTF-8',
    notUtf8(form([options('{"fileName":"a~.csv"}'), FILE])),
    400,
    'option-invalid',
  ],
  ['options after options', form([options('{}'), options('{}'), FILE]), 400, 'multipart-malformed'],
  ['long options', form([options(`"${'x'.repeat(70_000)}"`), FILE]), 413, 'multipart-too-large'],
  [
    'a part with the name __proto__',
    form(['content-disposition: form-data; name="__proto__"\r\n\r\n1', FILE]),
    400,
    'multipart-malformed',
  ],
  [
    'no boundary',
    { headers: { ...CSV, 'content-type': 'multipart/form-data' }, payload: 'x' },
    400,
    'multipart-malformed',
  ],
  ['garbage', { headers: form([]).headers, payload: 'garbage' }, 400, 'multipart-malformed'],
]
for (const [name, { headers, payload }, status, code] of BAD_FORMS) {
  test(`a form with ${name} is ${status} ${code} and nothing is received`, async (t) => {
    const { app, received } = await startFakeServer()
    t.after(() => app.close())
    const answer = await app.inject({ method: 'POST', url: URL_PATH, headers, payload })
    assert.equal(answer.json().code, code, answer.body)
    assert.equal(answer.statusCode, status)
    assert.equal(received.length, 0)
    assert.equal(({} as { polluted?: number }).polluted, undefined)
  })
}

test('a file over the limit in a form of undeclared length is 413, never cut silently', async (t) => {
  const { app, received, failures } = await startFakeServer({ limits: { maxUploadBytes: 1000 } })
  t.after(() => app.close())
  const { headers, payload } = form([`${FILE}${'x'.repeat(2000)}`])
  const answer = await app.inject({ method: 'POST', url: URL_PATH, headers, payload })
  assert.equal(answer.statusCode, 413)
  assert.equal(received.length, 0)
  assert.equal(failures.length, 1)
})

test('other codings and charsets than are taken, bad keys and untyped booleans are refused', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  const call = async (headers: Record<string, string>, query = '') =>
    (
      await app.inject({
        method: 'POST',
        url: URL_PATH + query,
        headers: { ...CSV, ...headers },
        payload: 'a',
      })
    ).json().code
  assert.equal(await call({ 'content-encoding': 'br' }), 'media-type-unsupported')
  assert.equal(await call({ 'content-encoding': 'gzip' }), 'compression-invalid')
  assert.equal(await call({ 'content-type': 'text/csv; charset=koi8-r' }), 'media-type-unsupported')
  assert.equal(await call({ 'idempotency-key': '""' }), 'idempotency-key-invalid')
  assert.equal(await call({ 'idempotency-key': 'x'.repeat(256) }), 'idempotency-key-invalid')
  assert.equal(await call({}, '?hasHeader=yes'), 'option-invalid')
  assert.equal(await call({}, '?mode=append&mode=append'), 'option-invalid')
})

test('a gzip body reaches the workflow unchanged, and the refusal of another coding names the accepted codings', async (t) => {
  const { app, received } = await startFakeServer()
  t.after(() => app.close())
  const packed = gzipSync('id\n1')
  const post = (headers: Record<string, string>, payload: Buffer) =>
    app.inject({ method: 'POST', url: URL_PATH, headers: { ...CSV, ...headers }, payload })
  assert.equal((await post({ 'content-encoding': 'gzip' }, packed)).statusCode, 202)
  assert.deepEqual(received[0]!.bytes, packed)
  const refused = await post({ 'content-encoding': 'deflate' }, packed)
  assert.equal(refused.statusCode, 415)
  assert.equal(refused.headers['accept-encoding'], 'gzip')
  const whole = { 'content-type': 'multipart/form-data; boundary=B', 'content-encoding': 'gzip' }
  assert.equal((await post(whole, packed)).statusCode, 415)
})

test('a compressed file in a form is told by the name that it has without .gz', async (t) => {
  const { app, received } = await startFakeServer()
  t.after(() => app.close())
  const part = (name: string) =>
    `content-disposition: form-data; name="file"; filename="${name}"\r\ncontent-type: application/gzip\r\n\r\nx`
  for (const name of ['a.csv.gz', 'a.ndjson.gz', 'a.zip']) {
    await app.inject({ method: 'POST', url: URL_PATH, ...form([part(name)]) })
  }
  assert.deepEqual(
    received.map(({ format }) => format),
    ['csv', 'ndjson'],
  )
})

test('the charset of a body is its encoding, and must not contradict the option', async (t) => {
  const { app, received } = await startFakeServer()
  t.after(() => app.close())
  const post = (charset: string, query = '') => {
    const headers = { ...CSV, 'content-type': `text/csv; charset=${charset}` }
    return app.inject({ method: 'POST', url: URL_PATH + query, headers, payload: 'id' })
  }
  for (const charset of ['Latin1', '"UTF-16LE"', 'us-ascii']) await post(charset)
  await post('cp1252', '?encoding=windows-1252')
  assert.deepEqual(
    received.map(({ options }) => options.encoding),
    ['iso-8859-1', 'utf-16le', 'utf-8', 'windows-1252'],
  )
  const contradicting = await post('utf-8', '?encoding=windows-1252')
  assert.equal(contradicting.json().code, 'option-invalid')
})

test('a part `file` needs no file name, and a part `options` may have one', async (t) => {
  const { app, received } = await startFakeServer()
  t.after(() => app.close())
  const nameless =
    'content-disposition: form-data; name="file"\r\ncontent-type: text/csv\r\n\r\nid\n1'
  const fromFile =
    'content-disposition: form-data; name="options"; filename="o.json"\r\ncontent-type: application/json\r\n\r\n{"duplicates":"skip"}'
  const answer = await app.inject({
    method: 'POST',
    url: URL_PATH,
    ...form([fromFile, nameless]),
  })
  assert.equal(answer.statusCode, 202, answer.body)
  assert.equal(received[0]!.fileName, null)
  assert.equal(received[0]!.options.duplicates, 'skip')
  assert.equal(received[0]!.bytes.toString(), 'id\n1')
})
