import { createServer } from 'node:net'

import type { Config } from '../config.ts'

type Listener = { listen(at: { host: string; port: number }): PromiseLike<unknown> }

/**
 * The address on which the gateway will listen. The address must be known before the gateway
 * listens, because Genesys gets it.
 */
type Place = { address: string; listen(server: Listener): Promise<void> }

/** The error for an address on which the gateway cannot listen. It names the variables. */
const cannotListen =
  (host: string, port: number) =>
  (error: unknown): never => {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown'
    throw new Error(
      `HOST, PORT: the gateway cannot listen at ${host}, port ${port} (${code}). HOST is an address or a name of this machine, without brackets`,
    )
  }

/**
 * Holds a free port until the gateway listens. Otherwise any other program on the machine could
 * take the port during the seconds of a start.
 */
const holdFreePort = async (host: string): Promise<{ port: number; letGo(): Promise<void> }> => {
  const holder = createServer((early) => early.destroy())
  await new Promise<void>((resolve, reject) => {
    holder.once('error', reject)
    holder.listen(0, host, resolve)
  })
  // The held port must not keep the process alive after a failed start.
  holder.unref()
  const address = holder.address()
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    letGo: () => new Promise((resolve) => holder.close(() => resolve())),
  }
}

/**
 * The address in `config`. Port 0 becomes a free port, which is held until just before the gateway
 * listens. With port 0, rejects if the host is not an address of this machine.
 */
export const placeOf = async ({ host, port: asked }: Config): Promise<Place> => {
  const held =
    asked === 0
      ? await holdFreePort(host).catch(cannotListen(host, 0))
      : { port: asked, letGo: async () => {} }
  return {
    address: `http://${host.includes(':') ? `[${host}]` : host}:${held.port}`,
    listen: async (server) => {
      await held.letGo()
      await Promise.resolve(server.listen({ host, port: held.port })).catch(
        cannotListen(host, held.port),
      )
    },
  }
}
