import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'

import { listenRaw, uploadHead } from '../../support/gateway/raw-sockets.ts'

const UPLOAD = `${uploadHead(['Content-Type: text/csv', 'Content-Length: 4'])}id\n1`

/** `noticed`: the event with which the server notices the bytes behind the upload. */
const listen = (noticed: string) => {
  const server = listenRaw({
    receiveUpload: async ({ body }) => {
      await Array.fromAsync(body)
      await seen
      return { status: 202, body: '{"id":"upl_1"}', location: '/v1/uploads/upl_1', replayed: false }
    },
  })
  const seen = server.then(async ({ app }) => once(app.server, noticed))
  return server
}

/**
 * The refusal of the bytes was written before the answer of the call, and took its place. The
 * caller then took its upload for refused.
 */
for (const [name, noticed, bytes] of [
  ['a call that asks for a tunnel', 'connect', 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n'],
  ['bytes that are no call', 'clientError', 'GARBAGE\r\n\r\n'],
] as const) {
  test(`${name} behind a call without an answer: both are answered, in order`, async (t) => {
    const { app, exchange } = await listen(noticed)
    t.after(() => app.close())
    const answers = await exchange(`${UPLOAD}${bytes}`, false)
    assert.deepEqual(answers.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 202', 'HTTP/1.1 400'])
    assert.match(answers, /"upl_1"[\s\S]*"code":"request-malformed"/)
  })
}

for (const [name, body, code] of [
  ['is broken', 'ZZ\r\n', 'request-malformed'],
  ['ends early', '5\r\nab', 'body-broken-off'],
] as const) {
  test(`a call whose body ${name} behind a call without an answer: both are answered, in order`, async (t) => {
    const { app, exchange } = await listen('clientError')
    t.after(() => app.close())
    const broken = uploadHead(['Content-Type: text/csv', 'Transfer-Encoding: chunked'])
    const answers = await exchange(`${UPLOAD}${broken}${body}`, code === 'body-broken-off')
    assert.deepEqual(answers.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 202', 'HTTP/1.1 400'])
    assert.match(answers, new RegExp(`"upl_1"[\\s\\S]*"code":"${code}"`))
  })
}

test('bytes that are no call get no answer if the call before them ends the connection', async (t) => {
  const { app, exchange } = await listen('clientError')
  t.after(() => app.close())
  const last = UPLOAD.replace('Host: x', 'Host: x\r\nConnection: close')
  assert.deepEqual((await exchange(`${last}GARBAGE\r\n\r\n`, false)).match(/HTTP\/1\.1 \d+/g), [
    'HTTP/1.1 202',
  ])
})
