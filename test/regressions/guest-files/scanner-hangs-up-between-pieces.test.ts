import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { it } from 'node:test'

import { createClamd } from '../../../src/inspection/guest-files/clamd.ts'

const TOO_LARGE = 'INSTREAM size limit exceeded. ERROR\0'

/**
 * clamd answered while the gateway read the next piece of the file from the database. The gateway
 * then wrote to the closed connection, and waited for ever for the write to drain.
 */
it('a scan ends if the scanner answers and hangs up while the next piece is read', async (t) => {
  const closed = new EventEmitter()
  const server = createServer((socket) => {
    socket.once('data', (piece: Buffer) => {
      if (piece.toString().startsWith('zVERSION')) socket.end('ClamAV 1.4.6/1/x\0')
      else socket.on('close', () => closed.emit('closed')).end(TOO_LARGE)
    })
  }).listen(0, '127.0.0.1')
  t.after(() => server.close())
  await once(server, 'listening')

  async function* pieces(): AsyncGenerator<Buffer> {
    yield Buffer.alloc(10)
    await once(closed, 'closed')
    for (let piece = 0; piece < 10; piece += 1) yield Buffer.alloc(65_536)
  }
  const scanner = createClamd({ host: '127.0.0.1', port: (server.address() as AddressInfo).port })
  assert.equal((await scanner.scan(pieces())).verdict, 'unavailable')
})
