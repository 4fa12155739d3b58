import { Agent, request, type IncomingHttpHeaders } from 'node:http'

import type { Sent } from './sent-call.ts'

export type WireAnswer = {
  status: number
  headers: IncomingHttpHeaders
  bytes: Buffer
  /** The media type without parameters. null: there is none. */
  type: string | null
}

/** A call that was not answered in time, or whose connection ended without an answer. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
  readonly kind: 'hang' | 'cut'
  constructor(kind: 'hang' | 'cut', message: string) {
    super(message)
    this.kind = kind
  }
}

/**
 * Methods whose messages do not mention a body if they have none. Messages of all other methods say
 * that their body is empty, as HTTP demands.
 */
const BODILESS = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'])

const typeOf = (headers: IncomingHttpHeaders): string | null =>
  headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() ?? null

/**
 * A client whose connections stay open. Each call has its own deadline. Of a stream of events, it
 * reads only the beginning.
 */
export const createKeepAliveClient = (
  address: string,
  about: { sockets: number; deadlineMs: number },
) => {
  const agent = new Agent({ keepAlive: true, maxSockets: about.sockets })
  const { hostname, port } = new URL(address)
  const once = (sent: Pick<Sent, 'method' | 'target' | 'headers' | 'body'>): Promise<WireAnswer> =>
    new Promise((resolve, reject) => {
      const headers: string[] = []
      for (const [name, value] of sent.headers) headers.push(name, value)
      if (!sent.headers.some(([name]) => name.toLowerCase() === 'host'))
        headers.push('host', `${hostname}:${port}`)
      if (sent.body !== null || !BODILESS.has(sent.method)) {
        headers.push('content-length', String(sent.body?.length ?? 0))
      }
      const call = request({
        agent,
        hostname,
        port,
        method: sent.method,
        path: sent.target,
        headers,
        setHost: false,
      })
      const late = setTimeout(() => {
        reject(new NoAnswer('hang', `no answer within ${about.deadlineMs} ms`))
        call.destroy()
      }, about.deadlineMs)
      const end = (): void => clearTimeout(late)
      call.once('error', (error: NodeJS.ErrnoException) => {
        end()
        reject(
          Object.assign(new NoAnswer('cut', error.code ?? error.message), {
            reused: call.reusedSocket,
          }),
        )
      })
      call.once('response', (response) => {
        const parts: Buffer[] = []
        const type = typeOf(response.headers)
        const done = (): void => {
          end()
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            bytes: Buffer.concat(parts),
            type,
          })
        }
        response.on('data', (part: Buffer) => {
          parts.push(part)
          if (type !== 'text/event-stream') return
          done()
          response.destroy()
        })
        response.once('end', done)
        response.once('error', (error) => {
          end()
          reject(new NoAnswer('cut', `in the answer: ${error.message}`))
        })
      })
      call.end(sent.body ?? undefined)
    })
  return {
    send: async (
      sent: Pick<Sent, 'method' | 'target' | 'headers' | 'body'>,
    ): Promise<WireAnswer> => {
      try {
        return await once(sent)
      } catch (error) {
        // The gateway may close an idle connection just as a call begins on it. That is a race in
        // HTTP itself and no fault of either side.
        if (error instanceof NoAnswer && error.kind === 'cut' && 'reused' in error && error.reused)
          return once(sent)
        throw error
      }
    },
    close: (): void => agent.destroy(),
  }
}

export type KeepAliveClient = ReturnType<typeof createKeepAliveClient>
