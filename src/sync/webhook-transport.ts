import { Agent, request } from 'undici'

import type { DeliveryFailure } from '../domain/endpoints/webhook-endpoint.ts'
import { createEndpointUrlCheck, isInnerHost } from './endpoint-url.ts'
import { AddressRefused, guardedAgent, type Resolve } from './guarded-agent.ts'
import { createNameResolver } from './resolve-name.ts'

export type WebhookAnswer = { status: number } | { status: null; failure: DeliveryFailure }

export type WebhookTransport = {
  /**
   * Sends one POST. Redirects count as answers. If no status arrives within `timeoutMs`, the result
   * is `no_answer`. Only the status of the answer is kept.
   */
  post(message: {
    url: string
    /** True for URLs from the environment. They may lead to any address. */
    trusted: boolean
    headers: Record<string, string>
    body: string
  }): Promise<WebhookAnswer>
  close(): Promise<void>
}

/** The body of an answer is not used. Bytes past this size are not even read. */
const MAX_ANSWER_BYTES = 64 * 1024

const wasRefused = (error: unknown): boolean =>
  error instanceof AddressRefused || (error instanceof Error && wasRefused(error.cause))

/**
 * Sends to webhook endpoints. A URL that a caller registered must meet the rules of
 * `endpoint-url.ts` at every attempt, and all addresses of its host must be public. The rules do
 * not apply to URLs from the environment. For `innerHosts`, see `createEndpointUrlCheck`.
 */
export const createWebhookTransport = (deps: {
  innerHosts: readonly string[]
  timeoutMs: number
  resolve?: Resolve
}): WebhookTransport => {
  const guarded = guardedAgent(deps.resolve ?? createNameResolver())
  const open = new Agent({ connect: { allowH2: false } })
  const faultOf = createEndpointUrlCheck(deps)
  return {
    post: async (message) => {
      if (!message.trusted && faultOf(message.url) !== null) {
        return { status: null, failure: 'address_refused' }
      }
      const trusted = message.trusted || isInnerHost(deps.innerHosts, new URL(message.url))
      const signal = AbortSignal.timeout(deps.timeoutMs)
      try {
        const answer = await untilAborted(
          signal,
          request(message.url, {
            method: 'POST',
            headers: message.headers,
            body: message.body,
            ...{ signal, dispatcher: trusted ? open : guarded },
          }),
        )
        await passOver(answer.body)
        return { status: answer.statusCode }
      } catch (error) {
        return { status: null, failure: wasRefused(error) ? 'address_refused' : 'no_answer' }
      }
    },
    close: async () => {
      // A graceful close would wait for connections that hang, although nobody waits for them.
      await Promise.all([guarded.destroy(), open.destroy()])
    },
  }
}

/**
 * Waits for an answer until the signal is aborted. undici itself rejects an aborted request only
 * when the request has got a connection. A request that is aborted before is never sent.
 */
const untilAborted = async <T>(signal: AbortSignal, answer: Promise<T>): Promise<T> => {
  const aborted = Promise.withResolvers<never>()
  const abort = (): void => aborted.reject(signal.reason as Error)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([answer, aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
    // Only silences the late end of a request for which nobody waits any more.
    answer.catch(() => undefined)
  }
}

/**
 * Reads the body to its end or to the limit, without keeping it. The status is already known, so an
 * incomplete body changes nothing.
 */
const passOver = async (
  body: AsyncIterable<Uint8Array> & { destroy(): unknown },
): Promise<void> => {
  let bytes = 0
  try {
    for await (const piece of body) {
      bytes += piece.byteLength
      if (bytes > MAX_ANSWER_BYTES) break
    }
  } catch {
    body.destroy()
  }
}
