import ipaddr from 'ipaddr.js'

/**
 * Azure's virtual public address of the host (metadata, DNS, health probes): the registries call it
 * public, and from inside it is not.
 */
const HOST_OF_AZURE = '168.63.129.16'

/**
 * What the registries give out for use over the internet (RFC 4291, 2.4; IANA). Outside of it lie
 * addresses that `ipaddr.js` calls unicast though they carry an IPv4 address or are local: `::/96`,
 * site-local, segment routing, local NAT64.
 */
const GLOBAL_V6 = ipaddr.IPv6.parseCIDR('2000::/3')

/**
 * Whether an address may be connected to for a URL that a caller gave: public unicast, whatever
 * notation it comes in. Everything else (private, loopback, link-local, shared, multicast, tunnels
 * that carry an IPv4 address, what cannot be read) is not.
 */
export const isPublicAddress = (address: string): boolean => {
  if (!ipaddr.isValid(address)) return false
  const plain = ipaddr.process(address)
  if (plain.range() !== 'unicast' || plain.toString() === HOST_OF_AZURE) return false
  return plain.kind() === 'ipv4' || plain.match(GLOBAL_V6)
}
