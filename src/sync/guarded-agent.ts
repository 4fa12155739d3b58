import { isIP, type LookupFunction } from 'node:net'
import { callbackify } from 'node:util'

import { Agent, buildConnector } from 'undici'

import { isPublicAddress } from './public-address.ts'

/** Returns all addresses of a name. Rejects if the name has none. */
export type Resolve = (hostname: string) => Promise<{ address: string; family: number }[]>

/** The gateway refused the connection before making it, because the address is not public. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused'
}

/**
 * Resolves a name with `resolve`. Refuses the name if any of its addresses is not public, because
 * the connection may use any of them.
 */
export const guardedLookup = (resolve: Resolve): LookupFunction => {
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
 * An agent that connects only to public addresses. It connects to exactly the address that was
 * checked, even if the name resolves to another address a moment later. If the URL has an address
 * instead of a name, the agent checks this address directly.
 */
export const guardedAgent = (resolve: Resolve): Agent => {
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
