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
      try {
        const answer = await request(message.url, {
          method: 'POST',
          headers: message.headers,
          body: message.body,
          signal: AbortSignal.timeout(deps.timeoutMs),
          dispatcher: trusted ? open : guarded,
        })
        await passOver(answer.body)
        return { status: answer.statusCode }
      } catch (error) {
        return { status: null, failure: wasRefused(error) ? 'address_refused' : 'no_answer' }
      }
    },
    close: async () => {
      await Promise.all([guarded.close(), open.close()])
    },
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
