import { Readable } from 'node:stream'

import { Agent, request } from 'undici'

import { GenesysFailure } from '../../domain/genesys/genesys-failure.ts'
import type { Clock } from '../../lib/clock.ts'
import { parseRetryAfter } from './retry-after.ts'

export type HttpRequest = {
  operation: string
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  url: string
  headers: Record<string, string>
  /**
   * The headers go out as they are, without our own beside them: a pre-signed URL may have signed
   * them.
   */
  verbatim?: boolean
  /** In pieces: each is asked for when the one before is on its way, and there is no second try. */
  body: Buffer | AsyncIterable<Buffer> | null
  signal: AbortSignal | null
  /** For this exchange instead of the transport's own; for large bodies. */
  timeoutMs?: number
  /** A longer answer is `malformed_answer`. */
  maxAnswerBytes: number
  /** Takes the body of a 200 as it streams in; its text is empty then. */
  into?: (body: AsyncIterable<Uint8Array>) => Promise<void>
}

/** An answer read whole. The pace in its headers is a hint, never a promise. */
export type HttpAnswer = {
  status: number
  text: string
  retryAfterMs: number | null
  remaining: number | null
  allowed: number | null
  resetMs: number | null
  /** Genesys' id of the call, for its support. null when absent or not plainly an id. */
  correlationId: string | null
  /** For a storage: what it reports to hold. */
  etag?: string | null
}

export type Transport = {
  /**
   * One HTTP exchange, no retry, no redirect. Throws `GenesysFailure` `unavailable` for every
   * network trouble and time-out, `malformed_answer` for an answer over the cap, and the signal's
   * reason when the caller's signal aborts.
   */
  send(request: HttpRequest): Promise<HttpAnswer>
  close(): Promise<void>
}

type Headers = Record<string, string | string[] | undefined>

const header = (headers: Headers, name: string): string | undefined => {
  const value = headers[name]
  return Array.isArray(value) ? value[0] : value
}

const countHeader = (headers: Headers, ...names: string[]): number | null => {
  for (const name of names) {
    const value = header(headers, name)
    if (value !== undefined && /^\d{1,9}$/.test(value)) return Number(value)
  }
  return null
}

const correlationOf = (headers: Headers): string | null => {
  const value = header(headers, 'inin-correlation-id') ?? header(headers, 'x-request-id')
  return value !== undefined && /^[A-Za-z0-9._-]{1,64}$/.test(value) ? value : null
}

const paceHints = (headers: Headers): Pick<HttpAnswer, 'remaining' | 'allowed' | 'resetMs'> => {
  const allowed = countHeader(headers, 'inin-ratelimit-allowed')
  const count = countHeader(headers, 'inin-ratelimit-count')
  const resetSeconds = countHeader(headers, 'inin-ratelimit-reset')
  const remaining =
    countHeader(headers, 'x-ratelimit-remaining') ??
    (allowed !== null && count !== null ? Math.max(0, allowed - count) : null)
  return {
    allowed,
    remaining,
    resetMs: resetSeconds === null ? null : Math.min(60, resetSeconds) * 1000,
  }
}

/**
 * Reads the body whole. Throws `malformed_answer` past the cap, which also closes the connection.
 */
const readBody = async (
  body: AsyncIterable<Uint8Array>,
  { operation, maxAnswerBytes }: HttpRequest,
  status: number,
): Promise<string> => {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of body) {
    bytes += part.length
    if (bytes > maxAnswerBytes) throw new GenesysFailure('malformed_answer', operation, { status })
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

const textOf = async (
  body: AsyncIterable<Uint8Array>,
  asked: HttpRequest,
  status: number,
): Promise<string> => {
  if (asked.into === undefined || status !== 200) return readBody(body, asked, status)
  await asked.into(body)
  return ''
}

const networkFailure = (operation: string, error: unknown): Error => {
  if (error instanceof GenesysFailure) return error
  const code =
    error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
  // A request that undici refuses to build never left us: a bug, not weather.
  if (code === 'UND_ERR_INVALID_ARG' && error instanceof Error) return error
  // Only the code goes on: an undici error can carry addresses and header text.
  const name = error instanceof Error ? error.name : 'unknown'
  return new GenesysFailure('unavailable', operation, { cause: new Error(code || name) })
}

const bodyOf = (body: HttpRequest['body']): Buffer | Readable | null =>
  body === null || Buffer.isBuffer(body) ? body : Readable.from(body, { objectMode: false })

const OWN_HEADERS = { accept: 'application/json', 'user-agent': 'outbound-gateway' }

/**
 * The one way out to Genesys, on kept-alive connections. `timeoutMs` bounds the exchange as a
 * whole, drip-fed bodies included (undici's own body timeout only measures idleness).
 */
export const createTransport = (deps: {
  timeoutMs: number
  clock: Clock
  /** The time that an answer carries (RFC 9110, Date), in milliseconds since 1970. */
  heardTime?: (ms: number) => void
}): Transport => {
  const agent = new Agent({
    connections: 32,
    pipelining: 1,
    allowH2: false,
    keepAliveTimeout: 30_000,
    connect: { timeout: Math.min(10_000, deps.timeoutMs) },
    headersTimeout: deps.timeoutMs,
    bodyTimeout: deps.timeoutMs,
  })

  /** Ends the requests that have no signal of their own. */
  const closing = new AbortController()

  const exchange = async (asked: HttpRequest): Promise<HttpAnswer> => {
    const timeoutMs = asked.timeoutMs ?? deps.timeoutMs
    const deadline = AbortSignal.timeout(timeoutMs)
    const answer = await request(asked.url, {
      dispatcher: agent,
      method: asked.method,
      headers: asked.verbatim ? asked.headers : { ...OWN_HEADERS, ...asked.headers },
      body: bodyOf(asked.body),
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      signal: AbortSignal.any([asked.signal ?? closing.signal, deadline]),
    })
    const saidMs = Date.parse(header(answer.headers, 'date') ?? '')
    if (!Number.isNaN(saidMs)) deps.heardTime?.(saidMs)
    // A date to come back at is one of Genesys' clock, whatever ours says.
    const nowMs = Number.isNaN(saidMs) ? deps.clock.now().getTime() : saidMs
    return {
      status: answer.statusCode,
      text: await textOf(answer.body, asked, answer.statusCode),
      retryAfterMs: parseRetryAfter(header(answer.headers, 'retry-after'), nowMs),
      ...paceHints(answer.headers),
      correlationId: correlationOf(answer.headers),
      etag: header(answer.headers, 'etag') ?? null,
    }
  }

  return {
    send: async (asked) => {
      asked.signal?.throwIfAborted()
      try {
        return await exchange(asked)
      } catch (error) {
        asked.signal?.throwIfAborted()
        throw networkFailure(asked.operation, error)
      }
    },
    close: async () => {
      closing.abort()
      await agent.close()
    },
  }
}
