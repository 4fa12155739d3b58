import { isIP } from 'node:net'

import { z } from 'zod'

import { unreadableFilesOf, urlsOfHosts } from './lib/database-url.ts'

/** The parts between commas, without spaces around them and without empty parts. */
export const commaList = z.string().transform((text) =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== ''),
)

/** Names of hosts, in lower case as in a URL that was read. */
export const hostNames = commaList.transform((hosts) => hosts.map((host) => host.toLowerCase()))

/** The URL of another system, which gets the events of the gateway. */
export const webUrl = z
  .url({ protocol: /^https?$/, error: 'must be a URL that begins with https:// or http://' })
  .refine(
    (url) => !URL.canParse(url) || (new URL(url).username === '' && new URL(url).password === ''),
    'must not have a user or password, because answers of the API show the URL',
  )

/** The URL of an origin or of a folder, to which the gateway appends paths. */
export const baseUrl = webUrl
  .refine(
    (url) => !/[?#]/.test(url),
    'must have no query and no fragment, because the gateway appends paths to it',
  )
  .transform((url) => url.replace(/\/+$/, ''))

/** Whether the driver would accept a server with any certificate, or with a different host name. */
const leavesServerUnproven = (url: string): boolean => {
  const { searchParams } = new URL(url)
  const modes = ['ssl', 'sslmode'].flatMap((name) => searchParams.getAll(name))
  return searchParams.has('uselibpqcompat') || modes.includes('no-verify')
}

/** The URL of a PostgreSQL database. */
export const databaseUrl = z
  .string()
  .refine((url) => urlsOfHosts(url) !== null, 'must be a postgres:// URL, with one or more hosts')
  .refine(
    (url) => !urlsOfHosts(url)?.some(leavesServerUnproven),
    'must not have sslmode=no-verify, ssl=no-verify or uselibpqcompat. The gateway always checks certificates',
  )
  .refine((url) => unreadableFilesOf(url).length === 0, {
    error: ({ input }) =>
      `names files that the gateway cannot read: ${unreadableFilesOf(String(input)).join(', ')}`,
  })

/** A token that a caller sends in the header `Authorization`. */
export const bearerToken = (least: number) =>
  z
    .string()
    .min(least, `must have at least ${least} characters`)
    .regex(/^[!-~]+$/, 'must have only letters, digits and ASCII punctuation, without spaces')

const PROXY_NAMES = ['loopback', 'linklocal', 'uniquelocal']

/** An IP address, a range of addresses in the form address/bits or address/mask, or a name. */
const isProxy = (part: string): boolean => {
  const [address = '', range, more] = part.split('/')
  const family = isIP(address)
  if (PROXY_NAMES.includes(part)) return true
  if (family === 0 || more !== undefined) return false
  if (range === undefined) return true
  if (family === 4 && isIP(range) === 4) return range !== '0.0.0.0'
  return /^\d{1,3}$/.test(range) && Number(range) > 0 && Number(range) <= (family === 4 ? 32 : 128)
}

/** The proxies in front of the gateway. */
export const proxies = commaList.refine(
  (parts) => parts.every(isProxy),
  'must list the addresses of the proxies, each an IP address or a range such as 10.0.0.0/8',
)
