import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'

/**
 * A fault that one call meets on its way to the gateway. `cut`: the connection ends before the
 * gateway gets anything. `lose`: the gateway answers, but its answer never arrives. `breakOff`: the
 * answer ends after its first part. A number: an answer with this status and Retry-After.
 */
export type Mishap = 'cut' | 'lose' | 'breakOff' | number

export type FlakyProxy = {
  url: string
  /** The calls that arrived, with their Idempotency-Key. */
  calls: { method: string; path: string; key: string | undefined; mishap: Mishap | null }[]
  /** Resolves when a call has met this fault. */
  met(mishap: Mishap): Promise<void>
  close(): Promise<void>
}

/**
 * A network between a client and the gateway, with the faults that a test asks for. For each method
 * there is a list of faults. Each call meets the next fault of its list.
 */
export const startFlakyProxy = async (
  target: string,
  mishaps: Record<string, Mishap[]>,
): Promise<FlakyProxy> => {
  const calls: FlakyProxy['calls'] = []
  const waiting: { mishap: Mishap; resolve: () => void }[] = []
  const happened = new Set<Mishap>()

  const forward = async (from: IncomingMessage): Promise<IncomingMessage> => {
    const { method, headers, url } = from
    const to = request(`${target}${url}`, { method, headers })
    const answered = once(to, 'response') as Promise<[IncomingMessage]>
    await Promise.all([answered, pipeline(from, to)])
    const [answer] = await answered
    return answer
  }
  const pass = async (from: IncomingMessage, to: ServerResponse): Promise<void> => {
    const answer = await forward(from)
    to.writeHead(answer.statusCode ?? 502, answer.headers)
    to.flushHeaders()
    await pipeline(answer, to)
  }
  const play = async (mishap: Mishap, from: IncomingMessage, to: ServerResponse) => {
    if (typeof mishap === 'number') {
      from.resume()
      await once(from, 'end')
      to.writeHead(mishap, { 'retry-after': '1', 'content-type': 'text/plain' }).end('busy')
      return
    }
    if (mishap !== 'cut') {
      const answer = await forward(from)
      if (mishap === 'lose') for await (const _ of answer);
      else {
        to.writeHead(answer.statusCode ?? 502, answer.headers)
        const [first] = await once(answer, 'data')
        await new Promise<void>((resolve) => to.write(first as Buffer, () => resolve()))
        answer.destroy()
      }
    }
    to.destroy()
  }
  const take = async (from: IncomingMessage, to: ServerResponse): Promise<void> => {
    const { method = '', url = '' } = from
    const mishap = mishaps[url.endsWith('/events') ? 'events' : method]?.shift() ?? null
    const key = from.headers['idempotency-key'] as string | undefined
    calls.push({ method, path: url, key, mishap })
    if (mishap === null) return pass(from, to)
    await play(mishap, from, to)
    happened.add(mishap)
    for (const waiter of waiting) if (waiter.mishap === mishap) waiter.resolve()
  }
  const server = createServer((from, to) => {
    void take(from, to).catch(() => to.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    met: async (mishap) => {
      if (happened.has(mishap)) return
      const { promise, resolve } = Promise.withResolvers<void>()
      waiting.push({ mishap, resolve })
      await promise
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
