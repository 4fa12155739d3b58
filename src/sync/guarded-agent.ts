import { isIP, type LookupFunction } from 'node:net'
import { callbackify } from 'node:util'

import { Agent, buildConnector } from 'undici'

import { isPublicAddress } from './public-address.ts'

/** All addresses of a name. Rejects if it has none. */
export type Resolve = (hostname: string) => Promise<{ address: string; family: number }[]>

/** Nothing was connected to: the address is not a public one. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused'
}

/**
 * Resolves like the system, and refuses a name of which any address is not public: which one is
 * connected to is a matter of luck.
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
 * Connections to public addresses only. The checked address is the one connected to, so a name that
 * resolves differently a moment later gains nothing. Addresses in the URL need no look-up and are
 * checked directly.
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
