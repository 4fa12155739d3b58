import { isIP } from 'node:net'

import type { EndpointUrlCheck } from '../workflows/ports/endpoints/endpoints.ts'
import { isPublicAddress } from './public-address.ts'

const MOST_CHARACTERS = 2048

/**
 * Names that do not exist in the public DNS (RFC 6761, 6762, 7686, 8375). ICANN reserves
 * `internal`.
 */
const INNER_NAMES = ['localhost', 'local', 'internal', 'home.arpa', 'test', 'invalid', 'onion']

/** The host without the brackets of an IPv6 address, and without a dot at its end. */
export const hostOf = (url: URL): string =>
  url.hostname.replace(/^\[(.*)\]$/u, '$1').replace(/\.$/u, '')

const hostFault = (host: string): string | null => {
  if (isIP(host) !== 0) {
    return isPublicAddress(host) ? null : 'The address is not a public one.'
  }
  const inner = INNER_NAMES.some((name) => host === name || host.endsWith(`.${name}`))
  return inner || !host.includes('.') ? 'The host is not a public name.' : null
}

const urlFault = (url: URL): string | null => {
  if (url.protocol !== 'https:') return 'The URL must be https.'
  // The WHATWG parser returns an empty text for the default port of the scheme.
  if (url.port !== '') return 'The port must be 443.'
  return hostFault(hostOf(url))
}

/**
 * Checks a URL that a caller registers [design: 7]: https, port 443, no user information, no
 * fragment, a public host. Reads the URL with the WHATWG parser, which converts `0x7f.1` and
 * `①②⑦.0.0.1` to the addresses that they mean. The URL of a host in `innerHosts` may use http, any
 * port and an inner address. `innerHosts` is empty if Genesys is not simulated. The addresses of a
 * name are checked at the time of the connection, because they may change.
 */
export const createEndpointUrlCheck =
  (deps: { innerHosts: readonly string[] }): EndpointUrlCheck =>
  (text) => {
    if (text.length > MOST_CHARACTERS) return `The URL has more than ${MOST_CHARACTERS} characters.`
    if (!URL.canParse(text)) return 'The URL cannot be read.'
    const url = new URL(text)
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'The URL must be https.'
    if (url.username !== '' || url.password !== '')
      return 'The URL must not have a user or password.'
    if (url.hash !== '') return 'The URL must not have a fragment.'
    return isInnerHost(deps.innerHosts, url) ? null : urlFault(url)
  }

/** Whether the host of the URL is one of `innerHosts`, in upper or lower case. */
export const isInnerHost = (innerHosts: readonly string[], url: URL): boolean =>
  innerHosts.some((host) => host.toLowerCase() === url.hostname)
