import assert from 'node:assert/strict'
import { once } from 'node:events'
import { Duplex } from 'node:stream'
import { test } from 'node:test'

import { listenRaw, uploadHead } from '../../support/gateway/raw-sockets.ts'

const JSON_TYPE = 'Content-Type: application/json'
const RETRY_HEAD = uploadHead([JSON_TYPE, 'Content-Length: 100']).replace(
  '/v1/contact-lists/list-1/uploads',
  '/v1/uploads/upl_1/retry',
)

const listen = () =>
  listenRaw({
    receiveUpload: async ({ body }) => {
      for await (const bytes of body) assert.ok(bytes.length > 0)
      throw new Error('the body has an end')
    },
  })

/** Node itself refused such a call, with an empty body. */
for (const [name, bytes] of [
  ['without a Host', 'GET /livez HTTP/1.1\r\n\r\n'],
  ['that asks for a tunnel', 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n'],
  ['whose first line is none', 'GARBAGE\r\n\r\n'],
] as const) {
  test(`a call ${name} is answered with a problem`, async (t) => {
    const { app, exchange } = await listen()
    t.after(() => app.close())
    const answer = await exchange(bytes, false)
    assert.match(answer, /^HTTP\/1\.1 400 [\s\S]*application\/problem\+json/)
    assert.match(answer, /connection: close/i)
    assert.match(answer, /"code":"request-malformed"/)
  })
}

/** The caller was told that its HTTP was malformed, where only the rest of the body was missing. */
for (const [name, bytes] of [
  ['of a declared length', `${uploadHead(['Content-Type: text/csv', 'Content-Length: 9'])}id`],
  [
    'in chunks',
    `${uploadHead(['Content-Type: text/csv', 'Transfer-Encoding: chunked'])}2\r\nid\r\n`,
  ],
  ['of JSON', `${RETRY_HEAD}{"a`],
] as const) {
  test(`a body ${name} that ends too early is answered as broken off`, async (t) => {
    const { app, exchange } = await listen()
    t.after(() => app.close())
    assert.match(await exchange(bytes), /^HTTP\/1\.1 400 [\s\S]*"code":"body-broken-off"/)
  })
}

test('a head that ends too early is malformed, also after an earlier call', async (t) => {
  const { app, exchange } = await listen()
  t.after(() => app.close())
  assert.match(await exchange('GET /livez HTTP/1.1\r\nHo'), /"code":"request-malformed"/)
  const both = await exchange('GET /livez HTTP/1.1\r\nHost: a\r\n\r\nGET /livez HTTP/1.1\r\nHo')
  assert.match(both, /"code":"request-malformed"/)
})

test('a refused call whose body then ends too early is answered once', async (t) => {
  const { app, exchange } = await listen()
  t.after(() => app.close())
  const head = uploadHead(['Content-Type: text/csv', 'Content-Length: 50000000'])
  const answer = await exchange(`${head}${'x'.repeat(1_000)}`)
  assert.deepEqual(answer.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 413'])
})

/** Nobody listened to the errors of such a connection, so that its reset ended the process. */
test('a call that asks for a tunnel and resets its connection does not end the process', async (t) => {
  const { app, url } = await listen()
  t.after(() => app.close())
  const socket = new Duplex({
    read: () => undefined,
    write: (_bytes, _encoding, done) => done(new Error('reset')),
  })
  const closed = new Promise((resolve) => socket.on('close', resolve))
  app.server.emit('connect', {}, socket, Buffer.alloc(0))
  await closed
  assert.equal((await fetch(`${url}/livez`)).status, 200)
})

/** The connection stayed open until its caller closed it: no time limit of Node applied to it. */
test('the connection of a call that asks for a tunnel ends with its answer', async (t) => {
  const { app } = await listen()
  t.after(() => app.close())
  const answer: Buffer[] = []
  const socket = new Duplex({
    read: () => undefined,
    write: (bytes: Buffer, _encoding, done) => {
      answer.push(bytes)
      done()
    },
  })
  app.server.emit('connect', {}, socket, Buffer.alloc(0))
  await once(socket, 'close')
  assert.match(Buffer.concat(answer).toString(), /^HTTP\/1\.1 400 [\s\S]*"request-malformed"/)
})
