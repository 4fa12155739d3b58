import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { test } from 'node:test'

import type { HttpDeps } from '../../src/http/server.ts'
import { KEYS, startFakeServer } from '../support/http-fakes.ts'

const listen = async (more: Partial<HttpDeps> = {}) => {
  const fake = await startFakeServer(more)
  await fake.app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = fake.app.server.address() as AddressInfo
  const open = async (): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    return socket
  }
  return { ...fake, open, url: `http://127.0.0.1:${port}` }
}

const head = (headers: string[]): string =>
  [
    'POST /v1/contact-lists/list-1/uploads HTTP/1.1',
    'Host: x',
    `Authorization: Bearer ${KEYS.uploads}`,
    'Idempotency-Key: k',
    ...headers,
    '',
    '',
  ].join('\r\n')

const readAll = async (socket: Socket): Promise<string> => {
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(socket, 'close')
  return Buffer.concat(chunks).toString()
}

test('a body over the declared limit is refused before it is read, and the answer arrives', async (t) => {
  const { app, open, received } = await listen()
  t.after(() => app.close())
  const socket = await open()
  const answer = readAll(socket)
  socket.write(head(['Content-Type: text/csv', 'Content-Length: 50000000']))
  socket.write('x'.repeat(200_000))
  socket.end()
  assert.match(await answer, /^HTTP\/1\.1 413[\s\S]*connection: close[\s\S]*upload-too-large/i)
  assert.equal(received.length, 0)
})

test('a chunked body over the limit is 413 and the client that is still sending reads it', async (t) => {
  const { app, url, received, failures } = await listen()
  t.after(() => app.close())
  const answer = await fetch(`${url}/v1/contact-lists/list-1/uploads`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${KEYS.uploads}`,
      'idempotency-key': 'k',
      'content-type': 'text/csv',
    },
    body: new Blob(['x'.repeat(600_000)]).stream(),
    duplex: 'half',
  } as RequestInit)
  assert.equal(answer.status, 413)
  assert.equal(((await answer.json()) as { code: string }).code, 'upload-too-large')
  assert.equal(received.length, 0)
  assert.equal(failures.length, 1)
})

for (const [name, type, start] of [
  ['bare body', 'text/csv', 'id\n1'],
  [
    'form',
    'multipart/form-data; boundary=B',
    '--B\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\ncontent-type: text/csv\r\n\r\nid\n1',
  ],
] as const) {
  test(`a ${name} that breaks off makes the workflow's reading fail and nothing is received`, async (t) => {
    const failed = Promise.withResolvers<unknown>()
    const reading = Promise.withResolvers<void>()
    const { app, open, events } = await listen({
      receiveUpload: async ({ body }) => {
        reading.resolve()
        try {
          for await (const _chunk of body);
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
    socket.write(head([`Content-Type: ${type}`, 'Content-Length: 1000']) + start)
    await reading.promise
    socket.destroy()
    const error = await failed.promise
    assert.equal((error as { code?: string }).code, 'body-broken-off')
    assert.ok(!events.some((event) => event.name === 'http.failed'))
  })
}

test('an upload that stalls is ended with 408 and the workflow hears of it', async (t) => {
  const { app, open, failures } = await listen({
    limits: { maxUploadBytes: 1_000_000, slowBodyWindowMs: 200, drainMs: 50 },
  })
  t.after(() => app.close())
  const socket = await open()
  const answer = readAll(socket)
  socket.write(`${head(['Content-Type: text/csv', 'Content-Length: 100000'])}id`)
  assert.match(await answer, /^HTTP\/1\.1 408[\s\S]*body-too-slow/)
  assert.equal(failures.length, 1)
})

test('a form that stalls before its file is ended with 408', async (t) => {
  const { app, open } = await listen({
    limits: { maxUploadBytes: 1_000_000, slowBodyWindowMs: 200, drainMs: 50 },
  })
  t.after(() => app.close())
  const socket = await open()
  const answer = readAll(socket)
  socket.write(
    `${head(['Content-Type: multipart/form-data; boundary=B', 'Content-Length: 9999'])}--B\r\n`,
  )
  assert.match(await answer, /^HTTP\/1\.1 408[\s\S]*body-too-slow/)
})

test('the file streams: the workflow sees the first bytes before the last are sent', async (t) => {
  const first = Promise.withResolvers<string>()
  const { app, open } = await listen({
    receiveUpload: async ({ body }) => {
      for await (const chunk of body) first.resolve(Buffer.from(chunk).toString())
      return { status: 202, body: '{}', location: null, replayed: false }
    },
  })
  t.after(() => app.close())
  const socket = await open()
  const answer = readAll(socket)
  socket.write(`${head(['Content-Type: text/csv', 'Content-Length: 8', 'Connection: close'])}id\n1`)
  assert.equal(await first.promise, 'id\n1')
  socket.write('\n2\n3')
  assert.match(await answer, /^HTTP\/1\.1 202/)
})

test('what is no HTTP and what has too many headers is answered with a problem', async (t) => {
  const { app, open } = await listen()
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

test('while stopping, running uploads end well and new calls are told to come again', async (t) => {
  const reading = Promise.withResolvers<void>()
  const { app, open } = await listen({
    receiveUpload: async ({ body }) => {
      reading.resolve()
      for await (const _chunk of body);
      return { status: 202, body: '{}', location: null, replayed: false }
    },
  })
  t.after(() => app.close())
  const idle = await open()
  const socket = await open()
  const answer = readAll(socket)
  socket.write(`${head(['Content-Type: text/csv', 'Content-Length: 4'])}id`)
  await reading.promise
  const closing = app.close()
  socket.write('\n1')
  assert.match(await answer, /^HTTP\/1\.1 202/)
  idle.destroy()
  await closing
})
