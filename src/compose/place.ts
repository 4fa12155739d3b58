import { createServer } from 'node:net'

import type { Config } from '../config.ts'

type Listener = { listen(at: { host: string; port: number }): PromiseLike<unknown> }

/** Where the gateway will listen. Known in advance, because Genesys gets the address. */
type Place = { address: string; listen(server: Listener): Promise<void> }

/**
 * A free port, held until the gateway listens: if it were released immediately, any connection of
 * the machine could take it in the seconds of a start.
 */
const holdFreePort = async (host: string): Promise<{ port: number; letGo(): Promise<void> }> => {
  const holder = createServer((early) => early.destroy())
  await new Promise<void>((resolve, reject) => {
    holder.once('error', reject)
    holder.listen(0, host, resolve)
  })
  // A start that fails must not be kept from ending.
  holder.unref()
  const address = holder.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    letGo: () => new Promise((resolve) => holder.close(() => resolve())),
  }
}

/**
 * The address in `config`. Port 0 becomes a free port, which nobody else gets meanwhile. Rejects if
 * the host is not one of this machine.
 */
export const placeOf = async ({ host, port: asked }: Config): Promise<Place> => {
  const held = asked === 0 ? await holdFreePort(host) : { port: asked, letGo: async () => {} }
  return {
    address: `http://${host.includes(':') ? `[${host}]` : host}:${held.port}`,
    listen: async (server) => {
      await held.letGo()
      await server.listen({ host, port: held.port })
    },
  }
}
