import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/**
 * These ports are below those that Linux assigns by itself (32768–60999), which may be assigned to
 * any connection a moment after it was found free.
 */
const [FIRST, LAST] = [10_000, 32_000]

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })

/** A port that a test can pass on before anything listens on it. */
export const freePort = async (): Promise<number> => {
  const port = randomInt(FIRST, LAST)
  return (await isFree(port)) ? port : freePort()
}
