import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'

import { GatewayProblem } from '../../domain/problems/problem.ts'
import { isGzip } from '../../intake/bytes/compression.ts'
import type { Clock } from '../../lib/clock.ts'
import type { HttpLimits } from '../server/deps.ts'

/**
 * When the gateway stops and no longer waits for the rest of any body, `lastBodies` aborts. The
 * reason of this signal is the problem to answer with.
 */
export type BodyDeps = { clock: Clock; limits: HttpLimits; lastBodies: AbortSignal }

/** An upload may take long, but must not stall [controls: S-14]. */
const SLOW_BYTES_PER_SECOND = 8 * 1024
const SLOW_WINDOW_MS = 15_000

/**
 * Makes the problem (413) and does not throw it. `maxBytes`: the limit, which the answer also
 * contains.
 */
export const tooLarge = (maxBytes: number): GatewayProblem =>
  new GatewayProblem('upload-too-large', `The file has more than ${maxBytes} bytes.`, { maxBytes })

const brokenOff = (): GatewayProblem =>
  new GatewayProblem('body-broken-off', 'The body ended before it was complete.')

const tooSlow = (): GatewayProblem =>
  new GatewayProblem('body-too-slow', 'The body arrives too slowly.')

/**
 * The problem for an error of a stream. A `GatewayProblem` stays as it is. A malformed form is a
 * fault of the caller (`multipart-malformed`). Any other error counts as a lost connection
 * (`body-broken-off`).
 */
export const streamProblem = (error: unknown): GatewayProblem => {
  if (error instanceof GatewayProblem) return error
  const text = error instanceof Error ? error.message : ''
  return /terminated early|Malformed|Unexpected end|[Bb]oundary|Part header|multipart/u.test(
    text,
  ) && !/closed before/u.test(text)
    ? new GatewayProblem('multipart-malformed', 'The multipart body is incomplete or malformed.')
    : brokenOff()
}

/**
 * Measures how fast a client sends. Only the time in which the gateway waits for the client counts,
 * so that a slow database does not make a client "too slow". `guard` rejects with `body-too-slow`
 * if the client is slower than the limit, and with the problem of `lastBodies` if the gateway
 * stops.
 */
const createPaceGuard = ({ clock, limits, lastBodies }: BodyDeps) => {
  const windowMs = limits.slowBodyWindowMs ?? SLOW_WINDOW_MS
  const needed = ((limits.slowBodyBytesPerSecond ?? SLOW_BYTES_PER_SECOND) * windowMs) / 1000
  let waitedMs = 0
  let received = 0
  let waitingSince: number | null = null
  let fail: ((problem: GatewayProblem) => void) | null = null
  const judge = (): void => {
    const waited = waitedMs + (waitingSince === null ? 0 : clock.monotonicMs() - waitingSince)
    if (waited < windowMs) return
    if (received < needed) fail?.(tooSlow())
    waitedMs = 0
    received = 0
    if (waitingSince !== null) waitingSince = clock.monotonicMs()
  }
  const stopped = new AbortController()
  const watch = async (): Promise<void> => {
    try {
      for (;;) {
        await clock.sleep(Math.max(10, windowMs / 15), stopped.signal)
        judge()
      }
    } catch {
      // The watch was stopped.
    }
  }
  void watch()
  const end = (): void => fail?.(lastBodies.reason as GatewayProblem)
  lastBodies.addEventListener('abort', end)
  return {
    // One promise for each read. A race with a promise that lives as long as the body would keep
    // the reactions of every read in memory.
    guard: <T>(pull: Promise<T>): Promise<T> =>
      new Promise<T>((resolve, reject) => {
        waitingSince = clock.monotonicMs()
        fail = reject
        pull.then(resolve, reject)
        if (lastBodies.aborted) end()
      }).finally(() => {
        waitedMs += waitingSince === null ? 0 : clock.monotonicMs() - waitingSince
        waitingSince = null
        fail = null
      }),
    count: (bytes: number): void => {
      received += bytes
    },
    stop: (): void => {
      stopped.abort()
      lastBodies.removeEventListener('abort', end)
    },
  }
}

/**
 * The bytes of a file while they arrive. Throws `GatewayProblem` if there are too many bytes, or if
 * they are too slow, malformed or incomplete, or if the gateway stops. Never destroys the source,
 * because the answer still needs the connection.
 */
export async function* fileBytes(source: Readable, deps: BodyDeps): AsyncGenerator<Uint8Array> {
  const { maxUploadBytes } = deps.limits
  const pace = createPaceGuard(deps)
  const chunks = source.iterator({ destroyOnReturn: false })
  let total = 0
  try {
    for (;;) {
      const step: IteratorResult<unknown> = await pace.guard(chunks.next())
      if (step.done) break
      const chunk = step.value as Uint8Array
      total += chunk.length
      if (total > maxUploadBytes) throw tooLarge(maxUploadBytes)
      pace.count(chunk.length)
      yield chunk
    }
    if ('truncated' in source && source.truncated) throw tooLarge(maxUploadBytes)
  } catch (error) {
    throw streamProblem(error)
  } finally {
    pace.stop()
    // Not awaited: while a read is pending, `return` would wait for bytes that do not arrive.
    void chunks.return?.().catch(() => undefined)
  }
}

/**
 * The bytes of a body with Content-Encoding gzip, still compressed, while they arrive. The reader
 * of the file decompresses them. Throws `compression-invalid` if the bytes do not begin like
 * gzip.
 */
export async function* gzipBytes(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let start: Uint8Array = new Uint8Array()
  for await (const piece of bytes) {
    if (start.byteLength < 2) {
      start = Buffer.concat([start, piece.subarray(0, 2)])
      if (start.byteLength >= 2 && !isGzip(start)) break
    }
    yield piece
  }
  if (!isGzip(start)) {
    const detail = 'The Content-Encoding is gzip, but the body is not gzip data.'
    throw new GatewayProblem('compression-invalid', detail, { byte: 0 })
  }
}

/**
 * The result of the work. Rejects with `body-too-slow` if the work takes longer than the window,
 * and with the problem of `lastBodies` if the gateway stops. Use it for all reads except that of a
 * file.
 */
export const beforeDeadline = async <T>(
  work: Promise<T>,
  { clock, limits, lastBodies }: BodyDeps,
): Promise<T> => {
  const done = new AbortController()
  const deadline = async (): Promise<never> => {
    // Rejects with the reason of the signal that aborts first.
    const ended = AbortSignal.any([done.signal, lastBodies])
    await clock.sleep(limits.slowBodyWindowMs ?? SLOW_WINDOW_MS, ended)
    throw tooSlow()
  }
  try {
    return await Promise.race([work, deadline()])
  } finally {
    done.abort()
  }
}

/**
 * Reads and discards the rest of a body, at most a little more than `maxBytes`. Resolves when the
 * body or the connection ends, or after `maxMs`. If the rest is longer than `maxBytes`, stops
 * reading and only waits. If the gateway closed the connection immediately, a client that is still
 * sending would get an error instead of the answer. Never throws.
 */
export const drainRest = (
  raw: IncomingMessage,
  limit: { clock: Clock; maxBytes: number; maxMs: number },
): Promise<void> =>
  new Promise((resolve) => {
    if (raw.readableEnded || raw.destroyed) {
      resolve()
      return
    }
    let left = limit.maxBytes
    const finished = new AbortController()
    const finish = (): void => {
      finished.abort()
      raw.pause()
      resolve()
    }
    limit.clock.sleep(limit.maxMs, finished.signal).then(finish, () => undefined)
    raw.unpipe()
    raw.removeAllListeners('readable')
    raw.on('data', (chunk: Uint8Array) => {
      left -= chunk.length
      if (left < 0) raw.pause()
    })
    raw.once('end', finish)
    raw.once('close', finish)
    raw.on('error', finish)
    // The stream starts to flow again only in the next turn of the event loop, because its
    // `readable` listener was removed a moment ago.
    setImmediate(() => raw.resume())
  })
