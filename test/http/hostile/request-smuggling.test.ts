import assert from 'node:assert/strict'
import { test } from 'node:test'

import { KEYS } from '../../support/gateway/fake-keys.ts'
import { listenRaw } from '../../support/gateway/raw-sockets.ts'

/**
 * A call that is hidden in another one. If a route handled it, a separate event would show that.
 */
const SMUGGLED = `GET /v1/uploads/smuggled HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${KEYS.uploads}\r\n\r\n`

const head = (...lines: readonly string[]): string =>
  [
    'POST /v1/uploads/upl_1/pause HTTP/1.1',
    'Host: x',
    `Authorization: Bearer ${KEYS.uploads}`,
    ...lines,
    '',
    '',
  ].join('\r\n')

/** Bytes that a proxy in front may read as more or fewer calls than the gateway does. */
const CASES: Record<string, string> = {
  'both lengths': head('Content-Length: 4', 'Transfer-Encoding: chunked') + `0\r\n\r\n${SMUGGLED}`,
  'both lengths, the other way round':
    head('Transfer-Encoding: chunked', 'Content-Length: 4') + `0\r\n\r\n${SMUGGLED}`,
  'two lengths that differ': head('Content-Length: 0', 'Content-Length: 90') + SMUGGLED,
  'two lengths that agree': head('Content-Length: 0', 'Content-Length: 0') + SMUGGLED,
  'a list of lengths': head('Content-Length: 0, 0') + SMUGGLED,
  'a length with a sign': head('Content-Length: +0') + SMUGGLED,
  'a negative length': head('Content-Length: -1') + SMUGGLED,
  'a length in hexadecimal': head('Content-Length: 0x0') + SMUGGLED,
  'a length with a letter': head('Content-Length: 0a') + SMUGGLED,
  'a length past every integer': head('Content-Length: 99999999999999999999999') + SMUGGLED,
  'a blank before the colon': head('Content-Length : 0') + SMUGGLED,
  'a header that is folded': head('Transfer-Encoding:', ' chunked') + `0\r\n\r\n${SMUGGLED}`,
  'chunked twice': head('Transfer-Encoding: chunked, chunked') + `0\r\n\r\n${SMUGGLED}`,
  'a coding that is not chunked': head('Transfer-Encoding: xchunked') + `0\r\n\r\n${SMUGGLED}`,
  'chunked, but not last': head('Transfer-Encoding: chunked, identity') + `0\r\n\r\n${SMUGGLED}`,
  'a control character in the coding':
    head('Transfer-Encoding: \u000bchunked') + `0\r\n\r\n${SMUGGLED}`,
  'a NUL in a header': head('X-A: a\u0000b') + SMUGGLED,
  'a bare CR in a header': head('X-A: a\rContent-Length: 0') + SMUGGLED,
  'a bare LF after a header': `POST /v1/uploads/upl_1/pause HTTP/1.1\nHost: x\nContent-Length: 0\n\n${SMUGGLED}`,
  'a chunk size that is none':
    head('Transfer-Encoding: chunked') + `zz\r\n\r\n0\r\n\r\n${SMUGGLED}`,
  'a chunk size with a sign': head('Transfer-Encoding: chunked') + `-1\r\n\r\n0\r\n\r\n${SMUGGLED}`,
  'a chunk size past every integer':
    head('Transfer-Encoding: chunked') + `fffffffffffffffff\r\n\r\n0\r\n\r\n${SMUGGLED}`,
  'a chunk longer than its size':
    head('Transfer-Encoding: chunked') + `1\r\n{}\r\n0\r\n\r\n${SMUGGLED}`,
  'a chunk extension of 100 KB':
    head('Transfer-Encoding: chunked') + `2;${'x'.repeat(100_000)}\r\n{}\r\n0\r\n\r\n${SMUGGLED}`,
  'no Host': `GET /v1/uploads HTTP/1.1\r\nAuthorization: Bearer ${KEYS.uploads}\r\n\r\n`,
  'a version that is none': `GET /v1/uploads HTTP/9.9\r\nHost: x\r\n\r\n${SMUGGLED}`,
  'a method that is none': `PO ST /v1/uploads HTTP/1.1\r\nHost: x\r\n\r\n${SMUGGLED}`,
  'the preface of HTTP/2': `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${SMUGGLED}`,
}

for (const [name, bytes] of Object.entries(CASES)) {
  test(`${name}: refused, the connection is closed, and the smuggled bytes do not become a call`, async (t) => {
    const { app, exchange, events } = await listenRaw()
    t.after(() => app.close())
    const answer = await exchange(bytes)
    const statuses = [...answer.matchAll(/HTTP\/1\.1 (\d{3})/gu)].map(([, status]) =>
      Number(status),
    )
    assert.ok([400, 413, 415, 431].includes(statuses.at(-1) ?? 0), answer)
    assert.ok(statuses.length <= 2, answer)
    assert.deepEqual(
      events.filter(({ name: event, fields }) => {
        const { route } = fields as { route?: string }
        return event === 'http.answered' && route === '/v1/uploads/:uploadId'
      }),
      [],
      'the call that was carried reached its route',
    )
  })
}

test('there are at least twenty of them', () => {
  assert.ok(Object.keys(CASES).length >= 20)
})

test('a line break in any text of a call reaches no header of its answer', async (t) => {
  const { app, url } = await listenRaw()
  t.after(() => app.close())
  const broken = encodeURIComponent('a\r\nset-cookie: stolen=1\r\n\r\n<html>')
  for (const path of [
    `/${broken}`,
    `/v1/uploads/${broken}`,
    `/v1/uploads?state=${broken}`,
    `/v1/uploads/upl_1/rows?outcome=${broken}`,
    `/problems/${broken}`,
    `/v1/contact-lists/${broken}/uploads?fileName=${broken}`,
    `/v1/contact-lists/list-1/uploads?fileName=${broken}`,
  ]) {
    for (const method of ['GET', 'POST']) {
      const answer = await fetch(`${url}${path}`, {
        method,
        redirect: 'manual',
        headers: {
          authorization: `Bearer ${KEYS.uploads}`,
          'idempotency-key': 'k',
          'content-type': 'text/csv',
        },
        ...(method === 'POST' && { body: 'id\n1' }),
      })
      await answer.text()
      assert.ok(answer.status < 500, path)
      assert.ok(answer.status < 300 || answer.status >= 400, `${path} redirects`)
      assert.equal(answer.headers.get('set-cookie'), null)
    }
  }
})
