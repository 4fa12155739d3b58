import { once } from 'node:events'
import { connect, type AddressInfo, type Socket } from 'node:net'

import type { HttpDeps } from '../../../src/http/server/server.ts'
import { KEYS } from './fake-keys.ts'
import { startFakeServer } from './http-fakes.ts'

/** A listening server over fakes, with calls that are written byte by byte. */
export const listenRaw = async (more: Partial<HttpDeps> = {}) => {
  const fake = await startFakeServer(more)
  await fake.app.listen({ port: 0, host: '127.0.0.1' })
  const { port } = fake.app.server.address() as AddressInfo
  const open = async (): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    return socket
  }
  /** Everything that the server answers to these bytes until the connection ends. */
  const exchange = async (bytes: string | Buffer, end = true): Promise<string> => {
    const socket = await open()
    const answer = readAll(socket)
    if (end) socket.end(bytes)
    else socket.write(bytes)
    return answer
  }
  return { ...fake, port, open, exchange, url: `http://127.0.0.1:${port}` }
}

export const readAll = async (socket: Socket): Promise<string> => {
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(socket, 'close')
  return Buffer.concat(chunks).toString()
}

/** The head of an upload, with these headers in addition to the required ones. */
export const uploadHead = (headers: readonly string[]): string =>
  [
    'POST /v1/contact-lists/list-1/uploads HTTP/1.1',
    'Host: x',
    `Authorization: Bearer ${KEYS.uploads}`,
    'Idempotency-Key: k',
    ...headers,
    '',
    '',
  ].join('\r\n')
