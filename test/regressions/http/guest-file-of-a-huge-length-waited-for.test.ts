import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'

import { KEYS } from '../../support/gateway/fake-keys.ts'
import { listenRaw } from '../../support/gateway/raw-sockets.ts'

/**
 * Found by hand. A guest file whose headers declared 100 GB was read until it was too slow, and
 * refused with 408 after 15 s. An upload with that length was refused already because of its
 * headers.
 */
test('a guest file that declares too many bytes is refused by its headers, before any byte of it', async (t) => {
  const { app, open } = await listenRaw({ guestFileMaxBytes: 10_485_760 })
  t.after(() => app.close())
  for (const length of ['99999999999', '12000000']) {
    const socket = await open()
    socket.write(
      [
        'POST /v1/external-contacts/demo-guest/files HTTP/1.1',
        'Host: x',
        `Authorization: Bearer ${KEYS.admin}`,
        'Content-Type: multipart/form-data; boundary=B',
        `Content-Length: ${length}`,
        'Idempotency-Key: k',
        '',
        '',
      ].join('\r\n'),
    )
    const [answer] = (await once(socket, 'data')) as [Buffer]
    socket.destroy()
    assert.match(answer.toString(), /^HTTP\/1\.1 413 .*"code":"file-too-large"/su)
  }
})
