import ipaddr from 'ipaddr.js'

/**
 * An address that Azure uses inside its networks for metadata, DNS and health probes. It looks
 * public but is internal.
 */
const HOST_OF_AZURE = '168.63.129.16'

/**
 * The range of IPv6 that is used on the internet (RFC 4291, 2.4; IANA). `ipaddr.js` also calls some
 * addresses outside of this range unicast. They contain an IPv4 address or are local: `::/96`,
 * site-local, segment routing, local NAT64.
 */
const GLOBAL_V6 = ipaddr.IPv6.parseCIDR('2000::/3')

/**
 * Whether the gateway may connect to an address for a URL that a caller gave. It may connect only
 * to public unicast addresses, in any notation. Private, loopback, link-local, shared and multicast
 * addresses are not allowed. Addresses of tunnels that contain an IPv4 address, and texts that are
 * no address, are not allowed either.
 */
export const isPublicAddress = (address: string): boolean => {
  if (!ipaddr.isValid(address)) return false
  const plain = ipaddr.process(address)
  if (plain.range() !== 'unicast' || plain.toString() === HOST_OF_AZURE) return false
  return plain.kind() === 'ipv4' || plain.match(GLOBAL_V6)
}
