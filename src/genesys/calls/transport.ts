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
   * Sends only these headers, without the transport's own. The signature of a pre-signed URL may
   * cover the headers.
   */
  verbatim?: boolean
  /**
   * A body in pieces is read while it is sent, one piece after the other. It can therefore not be
   * sent a second time.
   */
  body: Buffer | AsyncIterable<Buffer> | null
  signal: AbortSignal | null
  /** The most time for this exchange. Default: the transport's. Set it for large bodies. */
  timeoutMs?: number
  /** A longer answer is `malformed_answer`. A body that goes to `into` has no limit. */
  maxAnswerBytes: number
  /** Receives the body of a 200 while it arrives. `text` is then empty. */
  into?: (body: AsyncIterable<Uint8Array>) => Promise<void>
}

/** An answer that was read completely. What its headers say about the pace is only a hint. */
export type HttpAnswer = {
  status: number
  text: string
  retryAfterMs: number | null
  remaining: number | null
  allowed: number | null
  resetMs: number | null
  /**
   * Genesys' id of the call. Genesys' support needs this id to find the call. null: the id is
   * missing, or does not look like one.
   */
  correlationId: string | null
  /** The ETag of the stored file. Only a file storage service sends one. */
  etag?: string | null
}

export type Transport = {
  /**
   * One HTTP exchange, without retry or redirect. Throws `GenesysFailure`: `unavailable` for any
   * network error, for a timeout and if `into` throws; `malformed_answer` if the answer is too
   * long. Throws the signal's reason if the caller's signal aborts, and a plain error (a bug) if
   * undici refuses the request.
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
 * Reads the whole body. If it is longer than `maxAnswerBytes`, throws `malformed_answer`, and the
 * connection is closed.
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
  // undici refused to build the request, so it was never sent. That is a bug of the gateway.
  if (code === 'UND_ERR_INVALID_ARG' && error instanceof Error) return error
  // Only the code is kept. The error itself may contain addresses and header text.
  const name = error instanceof Error ? error.name : 'unknown'
  return new GenesysFailure('unavailable', operation, { cause: new Error(code || name) })
}

const bodyOf = (body: HttpRequest['body']): Buffer | Readable | null =>
  body === null || Buffer.isBuffer(body) ? body : Readable.from(body, { objectMode: false })

const OWN_HEADERS = { accept: 'application/json', 'user-agent': 'outbound-gateway' }

/**
 * The only path to Genesys, on connections that are kept alive. `timeoutMs` limits the whole
 * exchange, even if the body arrives in small pieces. (undici's own body timeout limits only the
 * time between two pieces.)
 */
export const createTransport = (deps: {
  timeoutMs: number
  clock: Clock
  /** Receives the time in the `Date` header of an answer (RFC 9110), in ms since 1970. */
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

  /** When the transport closes, aborts the requests that came without a signal. */
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
    // Genesys computes a date in `Retry-After` by its own clock, which may differ from the
    // gateway's.
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
