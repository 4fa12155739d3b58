import { GenesysFailure, type GenesysFailureKind } from '../../domain/genesys/genesys-failure.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Emit } from '../../telemetry/events.ts'
import type { CallContext } from '../../workflows/ports/genesys/genesys.ts'
import { fileTimeoutMs } from './file-timeout.ts'
import type { Transport } from './transport.ts'

/**
 * The hosts that a pre-signed URL may name. The URL comes from an answer, so it is trusted less
 * than our own configuration.
 */
export type UploadHosts = {
  /** `*.example.com` takes every host below that name, anything else exactly that host. */
  patterns: readonly string[]
  /** Also taken: host and port of the API. */
  apiHost: string
  /** For which plain http is taken; loopback is always one of them. */
  httpHosts: readonly string[]
}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

const matches = (pattern: string, hostname: string): boolean =>
  pattern.startsWith('*.')
    ? hostname.endsWith(pattern.slice(1)) && hostname.length > pattern.length - 1
    : hostname === pattern

/**
 * Whether a file may be put there: https (http for loopback and `httpHosts`), no credentials in the
 * URL, a host of the list.
 */
export const isUploadUrl = (text: string, hosts: UploadHosts): boolean => {
  const url = URL.parse(text)
  if (url === null || url.username !== '' || url.password !== '') return false
  const plain = [...LOOPBACK, ...hosts.httpHosts].includes(url.hostname)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && plain)) return false
  if (url.host === hosts.apiHost) return true
  const ownPort = url.port === '' || plain
  return ownPort && hosts.patterns.some((pattern) => matches(pattern.toLowerCase(), url.hostname))
}

export type PresignedFile = {
  /** From a closed set: it is a label of metrics. */
  operation: string
  /** Never logged: anyone who has it may write. */
  url: string
  headers: Record<string, string>
  body: Buffer | { sizeBytes: number; pieces: AsyncIterable<Buffer> }
}

/** A storage takes no body whose length it is not told before; of one buffer it is told anyway. */
const withLength = (
  headers: Record<string, string>,
  body: PresignedFile['body'],
): Record<string, string> =>
  Buffer.isBuffer(body) || Object.keys(headers).some((name) => /^content-length$/iu.test(name))
    ? headers
    : { ...headers, 'content-length': String(body.sizeBytes) }

/**
 * Puts a file at its pre-signed place: one try, with the given headers and no others, no bearer, no
 * redirect and no pace (it is not a call of the API). Throws `GenesysFailure`: `forbidden` for 403,
 * when a new URL is needed; `refused` if the host of the URL is not allowed; `unavailable` for what
 * may pass by itself. `etag` is what the storage returned.
 */
export type PutPresigned = (
  file: PresignedFile,
  context: CallContext,
) => Promise<{ etag: string | null }>

/**
 * The MD5 in an ETag. If a file was put in parts, or encrypted with a customer's key, the ETag is
 * not an MD5 and proves nothing: null.
 */
export const md5Of = (etag: string | null): string | null =>
  /^"?([0-9a-f]{32})"?$/iu.exec(etag ?? '')?.[1]?.toLowerCase() ?? null

const kindOf = (status: number): GenesysFailureKind => {
  if (status === 403) return 'forbidden'
  if (status === 413) return 'too_large'
  if (status === 429 || status === 503) return 'throttled'
  return status >= 500 || status === 408 ? 'unavailable' : 'refused'
}

export const createPutPresigned = (deps: {
  transport: Transport
  hosts: UploadHosts
  clock: Clock
  emit: Emit
}): PutPresigned => {
  const { clock, emit } = deps
  return async ({ operation, url, headers, body }, context) => {
    if (!isUploadUrl(url, deps.hosts)) {
      throw new GenesysFailure('refused', operation, { upstreamCode: 'upload-host-not-allowed' })
    }
    await context.beforeSend?.()
    const startedMs = clock.monotonicMs()
    const tell = (status: number | null, failure: GenesysFailureKind | null): void =>
      emit('genesys.attempted', {
        operation,
        class: context.class,
        attempt: 1,
        status,
        failure,
        durationMs: clock.monotonicMs() - startedMs,
        retryInMs: null,
        correlationId: null,
        requestId: null,
        remaining: null,
        right: null,
      })
    try {
      const { status, retryAfterMs, etag } = await deps.transport.send({
        operation,
        method: 'PUT',
        url,
        headers: withLength(headers, body),
        verbatim: true,
        body: Buffer.isBuffer(body) ? body : body.pieces,
        signal: context.signal,
        timeoutMs: fileTimeoutMs(Buffer.isBuffer(body) ? body.length : body.sizeBytes),
        maxAnswerBytes: 65_536,
      })
      if (status < 200 || status > 299) {
        throw new GenesysFailure(kindOf(status), operation, { status, retryAfterMs })
      }
      tell(status, null)
      return { etag: etag ?? null }
    } catch (error) {
      if (error instanceof GenesysFailure) tell(error.status, error.kind)
      throw error
    }
  }
}
