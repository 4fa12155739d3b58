import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/**
 * Stands between a gateway and its PostgreSQL server, and passes everything on. Logins pass even
 * while statements are held back.
 */
export type StatementGate = {
  url: string
  /**
   * Holds back everything that a connection sends from the next statement with `text` on, as if the
   * server froze. Resolves when such a statement has arrived.
   */
  hold(text: string): Promise<void>
  /** Passes on what was held back, and holds nothing back any more. */
  open(): void
  stop(): Promise<void>
}

export const startStatementGate = async (url: string): Promise<StatementGate> => {
  const { hostname, port } = new URL(url)
  const sockets = new Set<Socket>()
  const held: (() => void)[] = []
  let holding: { text: string; arrived: () => void } | null = null

  const server = createServer((socket) => {
    const upstream = connect(Number(port), hostname)
    for (const end of [socket, upstream]) {
      sockets.add(end)
      end.on('error', () => {})
      end.on('close', () => [socket, upstream].forEach((one) => one.destroy()))
    }
    socket.on('data', (bytes) => {
      if (holding === null || !bytes.includes(holding.text)) return void upstream.write(bytes)
      socket.pause()
      held.push(() => {
        upstream.write(bytes)
        socket.resume()
      })
      holding.arrived()
    })
    upstream.on('data', (bytes) => socket.write(bytes))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const passed = new URL(url)
  passed.host = `127.0.0.1:${(server.address() as AddressInfo).port}`

  return {
    url: passed.href,
    hold: async (text) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      holding = { text, arrived: resolve }
      await promise
    },
    open: () => {
      holding = null
      for (const pass of held.splice(0)) pass()
    },
    stop: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}
