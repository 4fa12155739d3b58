import { GenesysFailure, type GenesysFailureKind } from '../../domain/genesys/genesys-failure.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Emit } from '../../telemetry/events.ts'
import type { CallContext } from '../../workflows/ports/genesys/genesys.ts'
import { isRefusal } from './failures.ts'
import { fileTimeoutMs } from './file-timeout.ts'
import type { Transport } from './transport.ts'

/**
 * The hosts to which a pre-signed URL may lead. The URL comes from an answer of Genesys, so it is
 * trusted less than the configuration.
 */
export type UploadHosts = {
  /** `*.example.com` allows every host below that name. Anything else allows exactly that host. */
  patterns: readonly string[]
  /** Host and port of the API, which are allowed too. */
  apiHost: string
  /** Hosts to which plain http is allowed, in addition to loopback. */
  httpHosts: readonly string[]
}

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

const matches = (pattern: string, hostname: string): boolean =>
  pattern.startsWith('*.')
    ? hostname.endsWith(pattern.slice(1)) && hostname.length > pattern.length - 1
    : hostname === pattern

/**
 * Whether a file may be sent to the URL. The URL must have no credentials and lead to an allowed
 * host. It must be https on port 443, with two exceptions: the API's own host may have the API's
 * port, and loopback and `httpHosts` may have http and any port.
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
  /** The name of the call, from a fixed set of names, because metrics use it as a label. */
  operation: string
  /** Never log the URL: anyone who has it can upload a file to it. */
  url: string
  headers: Record<string, string>
  body: Buffer | { sizeBytes: number; pieces: AsyncIterable<Buffer> }
}

/**
 * Adds the header content-length to a body in pieces, because file storage services refuse a body
 * of unknown length. For a buffer, undici adds the header.
 */
const withLength = (
  headers: Record<string, string>,
  body: PresignedFile['body'],
): Record<string, string> =>
  Buffer.isBuffer(body) || Object.keys(headers).some((name) => /^content-length$/iu.test(name))
    ? headers
    : { ...headers, 'content-length': String(body.sizeBytes) }

/**
 * Sends a file to a pre-signed URL, in one try. Sends only the given headers and content-length,
 * and therefore no access token. Follows no redirect. Needs no pace slot, because this is not a
 * call of the API. Returns the ETag from the answer.
 *
 * Throws `GenesysFailure`. `forbidden`: a 403, so a new URL is needed. `too_large`: a 413.
 * `refused`: the URL is not allowed (`isUploadUrl`), or the answer has another status after which a
 * later try would not help. `unavailable`, `throttled`: a later try may succeed.
 * `malformed_answer`: the answer is too long.
 */
export type PutPresigned = (
  file: PresignedFile,
  context: CallContext,
) => Promise<{ etag: string | null }>

/**
 * The MD5 in an ETag. null: the ETag does not have the form of an MD5, for example because the file
 * was sent in parts. If the storage encrypts the file with a customer's key, the ETag is not the
 * MD5 of the file even if it has this form.
 */
export const md5Of = (etag: string | null): string | null =>
  /^"?([0-9a-f]{32})"?$/iu.exec(etag ?? '')?.[1]?.toLowerCase() ?? null

const kindOf = (status: number): GenesysFailureKind => {
  if (status === 403) return 'forbidden'
  if (status === 413) return 'too_large'
  if (status === 429 || status === 503) return 'throttled'
  return status >= 500 || status === 408 ? 'unavailable' : 'refused'
}

/**
 * Checks the URL before it calls `beforeSend`, and calls `afterRefusal` after a refusal. The time
 * limit of the request depends on the size of the file (`fileTimeoutMs`). Emits `genesys.attempted`
 * with the answer or the failure.
 */
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
      if (error instanceof GenesysFailure) {
        tell(error.status, error.kind)
        if (isRefusal(error.status)) await context.afterRefusal?.()
      }
      throw error
    }
  }
}
