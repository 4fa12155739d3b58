import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'

/** A port that somebody can be told of before anything listens on it. */
export const freePort = async (): Promise<number> => {
  const probe = createServer()
  probe.listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
