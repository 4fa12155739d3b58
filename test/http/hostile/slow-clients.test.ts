import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { test } from 'node:test'

import { KEYS } from '../../support/gateway/fake-keys.ts'
import { listenRaw, uploadHead } from '../../support/gateway/raw-sockets.ts'

const CLIENTS = 400

const closed = async (socket: Socket): Promise<void> => {
  socket.resume()
  if (!socket.destroyed) await once(socket, 'close')
}

/**
 * Opens many connections. Each sends the beginning of a call. All are closed when the promise of
 * `ended` resolves.
 */
const crowd = async (
  open: () => Promise<Socket>,
  beginning: string,
): Promise<{ ended: Promise<unknown> }> => {
  const sockets = await Promise.all(Array.from({ length: CLIENTS }, open))
  for (const socket of sockets) socket.write(beginning)
  return { ended: Promise.all(sockets.map(closed)) }
}

const others = async (url: string): Promise<void> => {
  const answers = await Promise.all(
    Array.from({ length: 50 }, () =>
      fetch(`${url}/v1/uploads`, { headers: { authorization: `Bearer ${KEYS.uploads}` } }),
    ),
  )
  for (const answer of answers) {
    assert.equal(answer.status, 200)
    await answer.text()
  }
}

test('hundreds of clients whose headers never end are disconnected, and others are served meanwhile', async (t) => {
  const { app, open, url } = await listenRaw()
  t.after(() => app.close())
  assert.equal(app.server.headersTimeout, 10_000)
  const { ended } = await crowd(open, 'GET /v1/uploads HTTP/1.1\r\nHost: x\r\nX-A: b')
  await others(url)
  // Only now: on a busy machine, headers of the others might take longer than this to arrive.
  app.server.headersTimeout = 300
  await ended
  t.diagnostic(`${CLIENTS} clients were disconnected`)
})

test('hundreds of clients whose bodies never end are disconnected, and others are served meanwhile', async (t) => {
  const { app, open, url, failures, received } = await listenRaw({
    limits: { maxUploadBytes: 1_000_000, slowBodyWindowMs: 500, drainMs: 50 },
  })
  t.after(() => app.close())
  const head = uploadHead(['Content-Type: text/csv', 'Content-Length: 100000'])
  const { ended } = await crowd(open, `${head}id\n1`)
  await others(url)
  await ended
  assert.equal(received.length, 0)
  assert.equal(failures.length, CLIENTS)
  t.diagnostic(`${CLIENTS} clients were disconnected`)
})

test('a client below the minimum speed is disconnected, even if it sends steadily', async (t) => {
  const { app, open, failures } = await listenRaw({
    limits: {
      ...{ maxUploadBytes: 1_000_000, drainMs: 50 },
      ...{ slowBodyWindowMs: 300, slowBodyBytesPerSecond: 1_000 },
    },
  })
  t.after(() => app.close())
  const socket = await open()
  const ended = closed(socket)
  socket.write(uploadHead(['Content-Type: text/csv', 'Content-Length: 100000']))
  const dripping = setInterval(() => socket.write('x'), 10)
  await ended
  clearInterval(dripping)
  assert.equal((failures[0] as { code?: string }).code, 'body-too-slow')
})
