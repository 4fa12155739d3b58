import assert from 'node:assert/strict'
import { test } from 'node:test'

import { KEYS } from '../../support/gateway/fake-keys.ts'
import { listenRaw, readAll } from '../../support/gateway/raw-sockets.ts'

/**
 * Regression: routes that read small JSON kept the connection of a refused call open and read its
 * body to the end, however long it was. They closed it only if the body was too large.
 */
const call = (path: string, key: string | null, lengthBytes: number): string =>
  [
    `POST ${path} HTTP/1.1`,
    'Host: x',
    ...(key === null ? [] : [`Authorization: Bearer ${key}`]),
    'Content-Type: application/json',
    `Content-Length: ${lengthBytes}`,
    '',
    '',
  ].join('\r\n')

const BODY = Buffer.alloc(300_000, 'a')

for (const [words, path, key, answered] of [
  ['without a key', '/v1/webhook-endpoints', null, /^HTTP\/1\.1 401 [\s\S]*connection: close/],
  ['too large', '/v1/webhook-endpoints', KEYS.admin, /^HTTP\/1\.1 413 [\s\S]*connection: close/],
  ['to an unknown path', '/v1/nothing', KEYS.admin, /^HTTP\/1\.1 404 [\s\S]*connection: close/],
] as const) {
  test(`a JSON body ${words} is answered early, and the rest of it is read`, async (t) => {
    const { app, open } = await listenRaw()
    t.after(() => app.close())
    const socket = await open()
    const failures: Error[] = []
    socket.on('error', (error) => failures.push(error))
    const answer = readAll(socket)
    socket.write(call(path, key, BODY.length))
    socket.write(BODY.subarray(0, 100_000))
    await new Promise((resolve) => socket.once('readable', resolve).once('data', resolve))
    socket.end(BODY.subarray(100_000))
    assert.match(await answer, answered)
    assert.deepEqual(failures, [])
  })
}
