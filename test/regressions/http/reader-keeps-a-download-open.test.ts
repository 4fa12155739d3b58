import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'

import type { HttpDeps } from '../../../src/http/server/server.ts'
import { NO_ACCESS } from '../../support/gateway/absent-parts.ts'
import { anUpload } from '../../support/gateway/an-upload.ts'
import { KEYS } from '../../support/gateway/fake-keys.ts'
import { listenRaw, readAll, uploadHead } from '../../support/gateway/raw-sockets.ts'

/**
 * A reader that took nothing and kept its connection open also kept its download open, without
 * limit in time. A stop waited for such a reader until the process ended as not clean. It also
 * waited for a client that had its whole download and kept the connection.
 */
const LIMITS = { maxUploadBytes: 100_000 }

const head = (path: string, accept: string, key: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nAccept: ${accept}\r\n\r\n`

const DOWNLOAD = head('/v1/audit-entries', 'application/x-ndjson', KEYS.admin)

/** A server whose audit trail is what `lines` gives. `givenUp`: resolves when it stops reading. */
const listen = async (
  t: TestContext,
  lines: () => AsyncGenerator<string>,
  more: Partial<HttpDeps> = {},
) => {
  const givenUp = Promise.withResolvers<void>()
  const all = async function* () {
    try {
      for await (const text of lines()) yield [{ text }] as never
    } finally {
      givenUp.resolve()
    }
  }
  const stage = await listenRaw({ limits: LIMITS, audit: { ...NO_ACCESS.audit, all }, ...more })
  t.after(() => stage.app.close())
  const accepted = once(stage.app.server, 'connection') as Promise<[Socket]>
  /** Lets Node find at once that nothing moves on the connection. */
  const quiet = async (): Promise<void> => {
    const [socket] = await accepted
    socket.setTimeout(1)
    await once(socket, 'timeout')
  }
  return { ...stage, quiet, givenUp: givenUp.promise }
}

async function* endless(): AsyncGenerator<string> {
  for (;;) yield 'x'.repeat(65_536)
}

/** Asks for the download and takes nothing of it. */
const ask = async (open: () => Promise<Socket>): Promise<void> => {
  const socket = await open()
  socket.pause()
  socket.write(DOWNLOAD)
  await once(socket, 'readable')
}

const told = (events: readonly { name: string; fields: Record<string, unknown> }[]) =>
  events.map(({ name, fields }) => [name, fields['route'], fields['reason'] ?? fields['status']])

test('a reader that takes nothing for some time is disconnected, its download is given up, and the log says so', async (t) => {
  const limits = { ...LIMITS, stalledReaderMs: 1_000 }
  const { app, open, events, givenUp } = await listen(t, endless, { limits })
  await ask(open)
  await givenUp
  await app.close()
  assert.deepEqual(told(events), [
    ['http.cut_off', '/v1/audit-entries', 'stalled'],
    ['http.answered', '/v1/audit-entries', 499],
  ])
})

test('a stop gives a download some seconds, then disconnects its reader, and ends', async (t) => {
  const limits = { ...LIMITS, lastAnswersMs: 50 }
  const { app, open, events, givenUp } = await listen(t, endless, { limits })
  await ask(open)
  await app.close()
  await givenUp
  assert.deepEqual(told(events), [
    ['http.cut_off', '/v1/audit-entries', 'stopping'],
    ['http.answered', '/v1/audit-entries', 499],
  ])
})

test('a download that ends during a stop arrives whole, and the stop does not wait for its connection', async (t) => {
  const stopping = Promise.withResolvers<void>()
  const { app, open, events } = await listen(t, async function* () {
    yield 'first'
    await stopping.promise
    yield 'last'
  })
  const socket = await open()
  const answer = readAll(socket)
  socket.write(DOWNLOAD)
  await once(socket, 'data')
  const closing = app.close()
  while (app.server.listening) await turn()
  stopping.resolve()
  await closing
  assert.match(await answer, /first[\s\S]*last[\s\S]*\r\n0\r\n\r\n$/)
  assert.deepEqual(told(events), [['http.answered', '/v1/audit-entries', 200]])
})

test('a call whose answer takes longer than a reader may take nothing is answered', async (t) => {
  const begun = Promise.withResolvers<void>()
  const work = Promise.withResolvers<void>()
  const { open, quiet } = await listen(t, endless, {
    receiveUpload: async () => {
      begun.resolve()
      await work.promise
      return { status: 202, body: '{}', location: null, replayed: false }
    },
  })
  const socket = await open()
  const answer = readAll(socket)
  const type = 'Content-Type: text/csv'
  socket.write(`${uploadHead([type, 'Content-Length: 2', 'Connection: close'])}a\n`)
  await begun.promise
  await quiet()
  work.resolve()
  assert.match(await answer, /^HTTP\/1\.1 202/)
})

test('an event stream on which nothing happens for longer than a reader may take nothing stays open', async (t) => {
  const watched = Promise.withResolvers<(state: ReturnType<typeof anUpload>) => void>()
  const { open, quiet } = await listen(t, endless, {
    watchUploads: {
      watch: (_upload, tell) => {
        watched.resolve(tell)
        return () => undefined
      },
    },
  })
  const socket = await open()
  const answer = readAll(socket)
  socket.write(head('/v1/uploads/upl_1/events', 'text/event-stream', KEYS.uploads))
  const tell = await watched.promise
  await quiet()
  socket.end()
  tell(anUpload({ version: 99, state: 'completed' }))
  assert.match(await answer, /event: end/)
})
