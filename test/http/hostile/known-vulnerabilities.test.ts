import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Agent, fetch, request } from 'undici'

import { KEYS } from '../../support/gateway/fake-keys.ts'
import { startFakeServer } from '../../support/gateway/http-fakes.ts'
import { listenRaw, uploadHead } from '../../support/gateway/raw-sockets.ts'

/**
 * Past vulnerabilities of packages that the gateway uses, tried against the gateway.
 * `test/architecture/documents/supply-chain.test.ts` demands at least the versions that fixed them.
 */
const form = (boundary: string, length: number | null): string =>
  uploadHead([
    `Content-Type: multipart/form-data; boundary=${boundary}`,
    length === null ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`,
  ])

const FILE_PART =
  '--B\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\ncontent-type: text/csv\r\n\r\nid\n1\r\n'

const fieldPart = (at: number): string =>
  `--B\r\ncontent-disposition: form-data; name="f${at}"\r\n\r\nx\r\n`

const isWell = async (url: string): Promise<void> => {
  const answer = await fetch(`${url}/livez`)
  assert.equal(answer.status, 200)
  await answer.text()
}

const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d{3})/u.exec(answer)?.[1])

test('CVE-2026-124724: too many parts in an interrupted body do not end the process', async (t) => {
  const { app, exchange, url, received } = await listenRaw()
  t.after(() => app.close())
  const parts = Array.from({ length: 60 }, (_, at) => fieldPart(at)).join('')
  for (const body of [parts, parts.slice(0, -3), `${parts}--B`, `${FILE_PART}${parts}--`]) {
    const answer = await exchange(form('B', body.length + 50) + body)
    assert.ok(answer === '' || (statusOf(answer) >= 400 && statusOf(answer) < 500), answer)
    await isWell(url)
  }
  assert.equal(received.length, 0)
})

test('CVE-2026-128835: a call in which the header of a part has no end gets an answer, and does not hang', async (t) => {
  const { app, exchange, url, received } = await listenRaw()
  t.after(() => app.close())
  for (const body of [
    '--B\r\ncontent-disposition: form-data; name="file"',
    '--B\r\ncontent-disposition: form-data; name="file"\r\n',
    '--B\r\n',
    '--B',
    '--B\r\nx: y\r\n\r\n--B\r\ncontent-disposition',
  ]) {
    const answer = await exchange(form('B', body.length) + body, true)
    assert.equal(statusOf(answer), 400, `${JSON.stringify(body)}: ${answer}`)
    await isWell(url)
  }
  assert.equal(received.length, 0)
})

test('CVE-2026-19484: a boundary of more than 70 characters is refused immediately', async (t) => {
  const { app, exchange, url, received } = await listenRaw()
  t.after(() => app.close())
  for (const length of [71, 252, 255, 256, 4000]) {
    const boundary = 'b'.repeat(length)
    const body = `--${boundary}\r\n${FILE_PART.slice(5)}--${boundary}--\r\n`
    const answer = await exchange(form(boundary, body.length) + body)
    assert.match(answer, /^HTTP\/1\.1 400[\s\S]*multipart-malformed/u)
    await isWell(url)
  }
  assert.equal(received.length, 0)
})

test('CVE-2026-19481: a part whose header is called __proto__ changes nothing', async (t) => {
  const { app, exchange, url } = await listenRaw()
  t.after(() => app.close())
  for (const name of ['__proto__', 'constructor', 'prototype', 'toString']) {
    const body = `--B\r\n${name}: polluted\r\n${FILE_PART.slice(5)}--B--\r\n`
    const answer = await exchange(form('B', body.length) + body)
    assert.ok([202, 400].includes(statusOf(answer)), answer)
    assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
    assert.equal(Object.getPrototypeOf({}), Object.prototype)
    await isWell(url)
  }
})

test('CVE-2026-18549: if the sender of a file over the limit disconnects, the reader of the file gets an error', async (t) => {
  const over: Promise<string>[] = []
  const { app, open, url } = await listenRaw({
    limits: { maxUploadBytes: 1000, drainMs: 50 },
    receiveUpload: async ({ body }) => {
      const reading = Promise.withResolvers<string>()
      let bytes = 0
      over.push(reading.promise)
      try {
        for await (const piece of body) bytes += piece.length
      } catch (error) {
        reading.resolve((error as { code?: string }).code ?? 'unknown')
        throw error
      }
      throw new Error(`the file was cut after ${bytes} bytes without a word`)
    },
  })
  t.after(() => app.close())
  for (let time = 0; time < 10; time += 1) {
    const socket = await open()
    socket.on('data', () => undefined)
    const body = `${FILE_PART.slice(0, -2)}${'x'.repeat(3000)}`
    socket.write(form('B', 100_000) + body, () => socket.destroy())
  }
  while (over.length < 1) await isWell(url)
  for (const code of await Promise.all(over)) {
    assert.ok(['upload-too-large', 'body-broken-off'].includes(code), code)
  }
  await isWell(url)
})

test('CVE-2025-24033, CVE-2023-25576: 900 fields of one megabyte each are refused, and not held in memory', async (t) => {
  const { app, open, received } = await listenRaw()
  t.after(() => app.close())
  const field = `--B\r\ncontent-disposition: form-data; name="f"\r\n\r\n${'x'.repeat(1 << 20)}\r\n`
  const socket = await open()
  const answered = Promise.withResolvers<string>()
  socket.once('data', (data: Buffer) => answered.resolve(data.toString()))
  const before = process.memoryUsage().rss
  let gone = false
  socket.on('close', () => (gone = true))
  socket.write(form('B', field.length * 900))
  let sent = 0
  for (; sent < 900 && !gone; sent += 1) {
    if (socket.write(field)) continue
    await Promise.race([
      new Promise((resolve) => socket.once('drain', resolve)),
      new Promise((resolve) => socket.once('close', resolve)),
    ])
  }
  const grownMiB = (process.memoryUsage().rss - before) / 2 ** 20
  assert.match(await answered.promise, /^HTTP\/1\.1 (?:413|400)/u)
  assert.ok(sent < 900, 'all of it was read')
  t.diagnostic(`refused after ${sent} MiB at most, memory grew by ${Math.round(grownMiB)} MiB`)
  assert.ok(grownMiB < 64, `${grownMiB} MiB`)
  assert.equal(received.length, 0)
})

/**
 * Content types that nearly are that of JSON. Fastify once accepted such a body without validation,
 * or read it as something else.
 */
const NEARLY_JSON = [
  ' application/json',
  '\tapplication/json',
  'application/json\t',
  'application/json ;charset=utf-8',
  'application/json;',
  'application/json; charset',
  'APPLICATION/JSON',
  'Application/Json;charset=UTF-8',
  'application/json garbage',
  'application/jsonx',
  'application/json\u00a0',
  'application/vnd.api+json',
  'text/plain, application/json',
  'application/json, text/plain',
]

test('CVE-2026-33806, -25223, -3419, CVE-2025-32442: a body with an unusual spelling of its content type is refused', async (t) => {
  const { app } = await startFakeServer()
  t.after(() => app.close())
  const seen = new Set<number>()
  for (const type of NEARLY_JSON) {
    for (const url of ['/v1/keys', '/v1/webhook-endpoints', '/v1/uploads/upl_1/retry']) {
      const answer = await app.inject({
        ...{ method: 'POST', url, payload: '{"not":"declared","__proto__":{"polluted":1}}' },
        headers: {
          authorization: `Bearer ${KEYS.admin}`,
          'idempotency-key': 'k',
          'content-type': type,
        },
      })
      seen.add(answer.statusCode)
      assert.ok([400, 415].includes(answer.statusCode), `${JSON.stringify(type)}: ${answer.body}`)
    }
  }
  assert.deepEqual(seen, new Set([400, 415]))
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
})

test('CVE-2026-92395, -3635: only a listed proxy is trusted, whether the list has its IPv4 or its IPv6 form', async (t) => {
  for (const trustProxy of [['10.0.0.1'], ['::ffff:10.0.0.1'], ['10.0.0.0/30']]) {
    const { app } = await startFakeServer({
      trustProxy,
      limits: { maxUploadBytes: 1, keyFailuresPerMinute: 1 },
    })
    t.after(() => app.close())
    const from = (remoteAddress: string, forwarded: string) =>
      app.inject({
        ...{ url: '/v1/uploads', remoteAddress },
        headers: { authorization: 'Bearer wrong', 'x-forwarded-for': forwarded },
      })
    // A client that only claims another address does not get another bucket.
    assert.equal((await from('203.0.113.9', '198.51.100.1')).statusCode, 401)
    assert.equal((await from('203.0.113.9', '198.51.100.2')).statusCode, 429, String(trustProxy))
    assert.equal((await from('::ffff:203.0.113.9', '198.51.100.3')).statusCode, 401)
    assert.equal((await from('10.0.0.1', '198.51.100.4')).statusCode, 401)
    assert.equal((await from('10.0.0.1', '198.51.100.5')).statusCode, 401)
  }
})

test('CVE-2026-120415 and the weaknesses of undici from March 2026: no header splits a request', async (t) => {
  const { app, url } = await listenRaw()
  t.after(() => app.close())
  const dispatcher = new Agent()
  t.after(() => dispatcher.close())
  for (const headers of [
    { 'x-a': 'a\r\nx-b: b' },
    { 'x-a': 'a\nb' },
    { 'x-a\r\nx-b': 'a' },
    ['content-length', '1', 'content-length', '2'],
  ]) {
    await assert.rejects(
      request(`${url}/livez`, { method: 'POST', dispatcher, headers, body: 'a' }),
    )
  }
  await isWell(url)
})
