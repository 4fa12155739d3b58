import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'

import { KEYS } from '../../../support/gateway/fake-keys.ts'
import { listenRaw } from '../../../support/gateway/raw-sockets.ts'

const BODIES = 20
/** The most that Node reads from a socket at a time. */
const READ_BYTES = 64 * 1024
/** One piece in front of the form's parser, one in it, and one at the reader. */
const MOST_BYTES = 3 * READ_BYTES + 16 * 1024
/** If nothing was read during this many turns of the event loop, nothing more will be read. */
const QUIET_TURNS = 200

const FORM = Buffer.concat([
  Buffer.from(
    '--B\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\nContent-Type: text/plain\r\n\r\n',
  ),
  Buffer.alloc(4_000_000, 'Please call back on Monday. '),
  Buffer.from('\r\n--B--\r\n'),
])

const HEAD = [
  'POST /v1/external-contacts/demo-guest/files HTTP/1.1',
  'Host: x',
  `Authorization: Bearer ${KEYS.admin}`,
  'Content-Type: multipart/form-data; boundary=B',
  `Content-Length: ${FORM.length}`,
  'Idempotency-Key: k',
  '',
  '',
].join('\r\n')

/** The most bytes that were read from any socket, once no socket is read from. */
const readAtMost = async (sockets: readonly Socket[]): Promise<number> => {
  let [before, quiet] = [-1, 0]
  while (quiet < QUIET_TURNS) {
    await turn()
    const now = sockets.reduce((sum, socket) => sum + socket.bytesRead, 0)
    quiet = now === before ? quiet + 1 : 0
    before = now
  }
  return Math.max(...sockets.map((socket) => socket.bytesRead))
}

test('of a guest file that waits for the database only a few pieces are read', async (t) => {
  const taken = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<never>()
  ended.promise.catch(() => undefined)
  let waiting = 0
  const { app, open } = await listenRaw({
    guestFileMaxBytes: 10_485_760,
    receiveGuestFile: async ({ body }) => {
      for await (const _ of body) {
        waiting += 1
        if (waiting === BODIES) taken.resolve()
        await ended.promise
      }
      throw new Error('the body has no bytes')
    },
  })
  const sockets: Socket[] = []
  app.server.on('connection', (socket: Socket) => sockets.push(socket))
  t.after(async () => {
    ended.reject(new Error('the test has ended'))
    for (const socket of sockets) socket.destroy()
    await app.close()
  })
  for (let n = 0; n < BODIES; n += 1) {
    const socket = await open()
    socket.write(HEAD)
    socket.write(FORM)
  }
  await taken.promise
  const bytes = await readAtMost(sockets)
  t.diagnostic(`${Math.round(bytes / 1024)} KiB of one body were read`)
  assert.ok(bytes <= MOST_BYTES, `${bytes} bytes`)
})
