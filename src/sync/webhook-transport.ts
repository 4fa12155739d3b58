import { lookup as systemLookup } from 'node:dns/promises'

import { Agent, request } from 'undici'

import type { DeliveryFailure } from '../domain/endpoints/webhook-endpoint.ts'
import { createEndpointUrlCheck, isInnerHost } from './endpoint-url.ts'
import { AddressRefused, guardedAgent, type Resolve } from './guarded-agent.ts'

export type WebhookAnswer = { status: number } | { status: null; failure: DeliveryFailure }

export type WebhookTransport = {
  /**
   * One POST, in `timeoutMs` for all of it; redirects are answers. Nothing of an answer but its
   * status is kept.
   */
  post(message: {
    url: string
    /** The URL comes from the environment: it may lead anywhere. */
    trusted: boolean
    headers: Record<string, string>
    body: string
  }): Promise<WebhookAnswer>
  close(): Promise<void>
}

/** An answer's body means nothing to us; past this it is not even read. */
const MAX_ANSWER_BYTES = 64 * 1024

const wasRefused = (error: unknown): boolean =>
  error instanceof AddressRefused || (error instanceof Error && wasRefused(error.cause))

/**
 * Sends to endpoints. A URL that a caller registered must meet the rules of `endpoint-url.ts` on
 * every send, and each address it resolves to must be public. URLs of the environment and
 * `innerHosts` are trusted.
 */
export const createWebhookTransport = (deps: {
  innerHosts: readonly string[]
  timeoutMs: number
  resolve?: Resolve
}): WebhookTransport => {
  const resolve = deps.resolve ?? ((hostname) => systemLookup(hostname, { all: true }))
  const guarded = guardedAgent(resolve)
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

/** The status decides; a body that is endless or breaks off changes nothing. */
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
