import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'

export type Heard = {
  path: string
  headers: Record<string, unknown>
  body: Record<string, unknown>
}

/** The server that the sandbox calls back. */
export type CallbackTarget = {
  url: string
  heard: Heard[]
  /** Resolves when this many calls have arrived in all. */
  count(calls: number): Promise<Heard[]>
}

/** Answers every call with `status`, after `before` has run. It is closed with the test. */
export const openCallbackTarget = async (
  t: TestContext,
  options: { status?: number; headers?: Record<string, string>; before?: () => Promise<void> } = {},
): Promise<CallbackTarget> => {
  const heard: Heard[] = []
  let waiting: { calls: number; resolve: (heard: Heard[]) => void }[] = []
  const server = createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const body = JSON.parse(Buffer.concat(parts).toString()) as Record<string, unknown>
      heard.push({ path: request.url ?? '', headers: request.headers, body })
      for (const { calls, resolve } of waiting) if (heard.length >= calls) resolve(heard)
      waiting = waiting.filter(({ calls }) => heard.length < calls)
      const answer = () => response.writeHead(options.status ?? 200, options.headers).end()
      void (options.before?.() ?? Promise.resolve()).then(answer)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard,
    count: (calls) =>
      new Promise((resolve) => {
        if (heard.length >= calls) resolve(heard)
        else waiting.push({ calls, resolve })
      }),
  }
}
