import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'

import { answerClientError } from '../../../src/http/server/client-errors.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { KEYS } from '../../support/gateway/fake-keys.ts'
import { listenRaw, readAll, uploadHead } from '../../support/gateway/raw-sockets.ts'

const FORM_FILE =
  '--B\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\ncontent-type: text/csv\r\n\r\nid\n1'

const readThrough = async (body: AsyncIterable<Uint8Array>): Promise<number> => {
  let bytes = 0
  for await (const chunk of body) bytes += chunk.length
  return bytes
}

/** The status and the problem of each event that reports how a call was answered. */
const answeredOf = (events: readonly { name: string; fields: Record<string, unknown> }[]) =>
  events
    .filter(({ name }) => name === 'http.answered')
    .map(({ fields }) => [fields['status'], fields['problem']])

test('a body over the declared limit is refused before it is read, and the answer arrives', async (t) => {
  const { app, open, received } = await listenRaw()
  t.after(() => app.close())
  const socket = await open()
  const answer = readAll(socket)
  socket.write(uploadHead(['Content-Type: text/csv', 'Content-Length: 50000000']))
  socket.write('x'.repeat(200_000))
  socket.end()
  assert.match(await answer, /^HTTP\/1\.1 413[\s\S]*connection: close[\s\S]*upload-too-large/i)
  assert.equal(received.length, 0)
})

test('a chunked body over the limit is 413 and the client that is still sending reads it', async (t) => {
  const { app, url, received, failures } = await listenRaw()
  t.after(() => app.close())
  const request: RequestInit & { duplex: 'half' } = {
    method: 'POST',
    headers: {
      authorization: `Bearer ${KEYS.uploads}`,
      'idempotency-key': 'k',
      'content-type': 'text/csv',
    },
    body: new Blob(['x'.repeat(600_000)]).stream(),
    duplex: 'half',
  }
  const answer = await fetch(`${url}/v1/contact-lists/list-1/uploads`, request)
  assert.equal(answer.status, 413)
  assert.equal(((await answer.json()) as { code: string }).code, 'upload-too-large')
  assert.equal(received.length, 0)
  assert.equal(failures.length, 1)
})

for (const [name, type, start] of [
  ['bare body', 'text/csv', 'id\n1'],
  ['form', 'multipart/form-data; boundary=B', FORM_FILE],
] as const) {
  test(`a ${name} that breaks off makes the workflow's reading fail and nothing is received`, async (t) => {
    const failed = Promise.withResolvers<unknown>()
    const reading = Promise.withResolvers<void>()
    const { app, open, events } = await listenRaw({
      receiveUpload: async ({ body }) => {
        reading.resolve()
        try {
          await readThrough(body)
        } catch (error) {
          failed.resolve(error)
          throw error
        }
        failed.resolve(null)
        throw new Error('unexpected end')
      },
    })
    t.after(() => app.close())
    const socket = await open()
    socket.write(uploadHead([`Content-Type: ${type}`, 'Content-Length: 1000']) + start)
    await reading.promise
    socket.destroy()
    const error = await failed.promise
    assert.equal((error as { code?: string }).code, 'body-broken-off')
    assert.ok(!events.some((event) => event.name === 'http.failed'))
  })
}

test('an upload that stalls is ended with 408, which its line says too, and the workflow hears of it', async (t) => {
  const { app, open, failures, events } = await listenRaw({
    limits: { maxUploadBytes: 1_000_000, slowBodyWindowMs: 200, drainMs: 50 },
  })
  t.after(() => app.close())
  const socket = await open()
  const answer = readAll(socket)
  socket.write(`${uploadHead(['Content-Type: text/csv', 'Content-Length: 100000'])}id`)
  assert.match(await answer, /^HTTP\/1\.1 408[\s\S]*body-too-slow/)
  assert.equal(failures.length, 1)
  await app.close()
  assert.deepEqual(answeredOf(events), [[408, 'body-too-slow']])
})

test('a small body that stalls is answered 408, and its line says so', async (t) => {
  const { app, open, events } = await listenRaw({
    // The time limit for a small body comes 300 times sooner.
    clock: { ...systemClock, sleep: async (ms, signal) => systemClock.sleep(ms / 300, signal) },
  })
  t.after(() => app.close())
  const socket = await open()
  const answer = readAll(socket)
  const head = uploadHead(['Content-Type: application/json', 'Content-Length: 100'])
  socket.write(`${head.replace('/v1/contact-lists/list-1/uploads', '/v1/uploads/upl_1/retry')}{"a`)
  assert.match(await answer, /^HTTP\/1\.1 408[\s\S]*connection: close[\s\S]*body-too-slow/)
  await app.close()
  assert.deepEqual(answeredOf(events), [[408, 'body-too-slow']])
})

test('a caller that leaves in the middle of its body is told of as 499', async (t) => {
  const heard = Promise.withResolvers<void>()
  const told = Promise.withResolvers<unknown[]>()
  const { app, open } = await listenRaw({
    receiveUpload: async ({ body }) => {
      heard.resolve()
      await readThrough(body)
      throw new Error('unexpected end')
    },
    emit: (_name, fields: Record<string, unknown>) => {
      told.resolve([fields['status'], fields['problem']])
    },
  })
  t.after(() => app.close())
  const socket = await open()
  socket.write(`${uploadHead(['Content-Type: text/csv', 'Content-Length: 100'])}id`)
  await heard.promise
  socket.destroy()
  assert.deepEqual(await told.promise, [499, 'body-broken-off'])
})

test('a form that stalls before its file is ended with 408', async (t) => {
  const { app, open } = await listenRaw({
    limits: { maxUploadBytes: 1_000_000, slowBodyWindowMs: 200, drainMs: 50 },
  })
  t.after(() => app.close())
  const socket = await open()
  const answer = readAll(socket)
  socket.write(
    `${uploadHead(['Content-Type: multipart/form-data; boundary=B', 'Content-Length: 9999'])}--B\r\n`,
  )
  assert.match(await answer, /^HTTP\/1\.1 408[\s\S]*body-too-slow/)
})

for (const [name, rest] of [
  ['its boundary', '\r\n--B\r\n'],
  ['its closing boundary, short of its declared length', '\r\n--B--\r\n'],
] as const) {
  test(`a form that stalls after its file and ${name} is ended with 408`, async (t) => {
    const { app, open, failures, received } = await listenRaw({
      limits: { maxUploadBytes: 1_000_000, slowBodyWindowMs: 200, drainMs: 50 },
    })
    t.after(() => app.close())
    const socket = await open()
    const answer = readAll(socket)
    const type = 'Content-Type: multipart/form-data; boundary=B'
    socket.write(`${uploadHead([type, 'Content-Length: 9999'])}${FORM_FILE}${rest}`)
    assert.match(await answer, /^HTTP\/1\.1 408[\s\S]*body-too-slow/)
    assert.equal((failures[0] as { code?: string }).code, 'body-too-slow')
    assert.equal(received.length, 0)
  })
}

test('headers that do not arrive in time are 408 request-too-slow, not a slow body', () => {
  let sent = ''
  const socket = {
    destroyed: false,
    writable: true,
    destroy: () => assert.fail('the client gets an answer'),
    end: (text: string) => {
      sent = text
    },
  } as unknown as Socket
  answerClientError({ code: 'ERR_HTTP_REQUEST_TIMEOUT' }, socket, 'req_1')
  assert.match(sent, /^HTTP\/1\.1 408[\s\S]*request-too-slow/)
  assert.match(sent, /The headers did not arrive in time/)
})

test('the file streams: the workflow sees the first bytes before the last are sent', async (t) => {
  const first = Promise.withResolvers<string>()
  const { app, open } = await listenRaw({
    receiveUpload: async ({ body }) => {
      for await (const chunk of body) first.resolve(Buffer.from(chunk).toString())
      return { status: 202, body: '{}', location: null, replayed: false }
    },
  })
  t.after(() => app.close())
  const socket = await open()
  const answer = readAll(socket)
  socket.write(
    `${uploadHead(['Content-Type: text/csv', 'Content-Length: 8', 'Connection: close'])}id\n1`,
  )
  assert.equal(await first.promise, 'id\n1')
  socket.write('\n2\n3')
  assert.match(await answer, /^HTTP\/1\.1 202/)
})

test('bytes that are not HTTP and calls with too many headers are answered with a problem', async (t) => {
  const { app, open } = await listenRaw()
  t.after(() => app.close())
  for (const [text, status, code] of [
    ['GARBAGE\r\n\r\n', 400, 'request-malformed'],
    [`GET / HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`, 431, 'headers-too-large'],
  ] as const) {
    const socket = await open()
    const answer = readAll(socket)
    socket.write(text)
    assert.match(await answer, new RegExp(`^HTTP/1\\.1 ${status}[\\s\\S]*${code}`, 'u'))
  }
})

test('while stopping, running uploads end well', async (t) => {
  const reading = Promise.withResolvers<void>()
  const { app, open } = await listenRaw({
    receiveUpload: async ({ body }) => {
      reading.resolve()
      await readThrough(body)
      return { status: 202, body: '{}', location: null, replayed: false }
    },
  })
  t.after(() => app.close())
  const idle = await open()
  const socket = await open()
  const answer = readAll(socket)
  socket.write(`${uploadHead(['Content-Type: text/csv', 'Content-Length: 4'])}id`)
  await reading.promise
  const closing = app.close()
  socket.write('\n1')
  assert.match(await answer, /^HTTP\/1\.1 202/)
  idle.destroy()
  await closing
})

test('while stopping, a new call is told to come again, and a probe is answered', async (t) => {
  const { app, open } = await listenRaw()
  t.after(() => app.close())
  // A call that has begun to arrive keeps its connection during the stop.
  const begin = async (path: string) => {
    const heard = Promise.withResolvers<void>()
    app.server.once('connection', (socket) => socket.once('data', () => heard.resolve()))
    const socket = await open()
    const answer = readAll(socket)
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n`)
    await heard.promise
    return { answer, finish: () => socket.write(`Authorization: Bearer ${KEYS.uploads}\r\n\r\n`) }
  }
  const call = await begin('/v1/uploads')
  const probe = await begin('/livez')
  const closing = app.close()
  call.finish()
  probe.finish()
  const refusal = await call.answer
  assert.match(refusal, /^HTTP\/1\.1 503/)
  assert.match(refusal, /connection: close/i)
  assert.match(refusal, /retry-after: 5/i)
  assert.match(refusal, /service-stopping/)
  assert.match(await probe.answer, /^HTTP\/1\.1 200/)
  await closing
})

test('a caller that leaves with its body sent and no answer yet is told of once, and not as a broken body', async (t) => {
  const sent = Promise.withResolvers<void>()
  const told = Promise.withResolvers<void>()
  const events: [string, unknown, unknown][] = []
  const { app, open } = await listenRaw({
    receiveUpload: async ({ body }) => {
      await readThrough(body)
      sent.resolve()
      await told.promise
      return { status: 202, body: '{}', location: null, replayed: false }
    },
    emit: (name, fields: Record<string, unknown>) => {
      events.push([name, fields['status'], fields['problem']])
      told.resolve()
    },
  })
  t.after(() => app.close())
  const socket = await open()
  socket.write(uploadHead(['Content-Type: text/csv', 'Content-Length: 2']) + 'a\n')
  await sent.promise
  socket.destroy()
  await told.promise
  await app.close()
  assert.deepEqual(events, [['http.answered', 499, null]])
})
