import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'

/** A clamd that finds nothing. It never answers the scans that a test tells it to hold. */
export const startHeldScanner = async () => {
  const sockets = new Set<Socket>()
  let [held, hold] = [0, 0]
  const server = createServer((socket) => {
    sockets.add(socket)
    let last = Buffer.alloc(0)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    socket.on('data', (piece: Buffer) => {
      if (piece.toString('latin1').startsWith('zVERSION')) return socket.end('ClamAV 1.4.6\0')
      last = Buffer.concat([last, piece]).subarray(-4)
      if (!last.equals(Buffer.alloc(4))) return
      if (hold === 0) return socket.end('stream: OK\0')
      hold -= 1
      held += 1
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    /** How many scans were never answered so far. */
    held: (): number => held,
    holdNext: (looks: number): void => {
      hold = looks
    },
    close: async (): Promise<void> => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
