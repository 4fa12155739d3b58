import { lookup as systemLookup } from 'node:dns/promises'
import { isIP, type LookupFunction } from 'node:net'
import { callbackify } from 'node:util'

import { Agent, buildConnector, request } from 'undici'

import type { DeliveryFailure } from '../domain/webhook-endpoint.ts'
import { createEndpointUrlCheck, isAllowedHost } from './endpoint-url.ts'
import { isPublicAddress } from './public-address.ts'

/** All addresses of a name; rejects when it has none. */
export type Resolve = (hostname: string) => Promise<{ address: string; family: number }[]>

export type WebhookAnswer = { status: number } | { status: null; failure: DeliveryFailure }

export type WebhookTransport = {
  /** One POST, in `timeoutMs` for all of it; redirects are answers. Nothing of an answer but its status is kept. */
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

class AddressRefused extends Error {
  override readonly name = 'AddressRefused'
}

/** Resolves like the system, and refuses a name of which any address is not public: which one is connected to is a matter of luck. */
const guardedLookup = (resolve: Resolve): LookupFunction => {
  const publicAddresses = callbackify(async (hostname: string) => {
    const addresses = await resolve(hostname)
    if (addresses.length > 0 && addresses.every(({ address }) => isPublicAddress(address))) {
      return addresses
    }
    throw new AddressRefused('The name resolves to an address that is not public')
  })
  return (hostname, options, callback) => {
    publicAddresses(hostname, (error, addresses) => {
      const first = addresses?.[0]
      if (error || !first) callback(error, '', 0)
      else if (options.all) callback(null, addresses)
      else callback(null, first.address, first.family)
    })
  }
}

/**
 * Connections to public addresses only. The address that was checked is the one connected to, so a name that resolves otherwise
 * a moment later gains nothing; for addresses in the URL no look-up is made, so they are checked by themselves.
 */
const guardedAgent = (resolve: Resolve): Agent => {
  const connect = buildConnector({ allowH2: false, lookup: guardedLookup(resolve) })
  return new Agent({
    connect: (options, callback) => {
      const host = options.hostname.replace(/^\[(.*)\]$/u, '$1')
      if (isIP(host) !== 0 && !isPublicAddress(host)) {
        callback(new AddressRefused('The address is not public'), null)
      } else {
        connect(options, callback)
      }
    },
  })
}

const wasRefused = (error: unknown): boolean =>
  error instanceof AddressRefused || (error instanceof Error && wasRefused(error.cause))

/**
 * Sends to endpoints. A URL that a caller registered is held to the rules of `endpoint-url.ts` on every send, and each address
 * it resolves to must be public; URLs of the environment, and hosts of `allowedHosts`, are trusted.
 */
export const createWebhookTransport = (deps: {
  allowedHosts: readonly string[]
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
      const trusted = message.trusted || isAllowedHost(deps.allowedHosts, new URL(message.url))
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
