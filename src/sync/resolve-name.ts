import { Resolver } from 'node:dns/promises'

import type { Resolve } from './guarded-agent.ts'

/** Each try may take this long, and the second one twice as long. */
const FIRST_TRY_MS = 1_400
const TRIES = 2

/**
 * Resolves the names of registered endpoints by asking the machine's DNS servers. The system's own
 * look-up (getaddrinfo) would use a thread of the process for each name, until the name's servers
 * answer. Two such names that never answer would delay every other look-up of the process, such as
 * those of Genesys and the database. Only tests set `servers` and `firstTryMs`.
 */
export const createNameResolver =
  ({
    servers,
    firstTryMs = FIRST_TRY_MS,
  }: { servers?: readonly string[]; firstTryMs?: number } = {}): Resolve =>
  async (hostname) => {
    // A new resolver reads the machine's present DNS servers.
    const resolver = new Resolver({ timeout: firstTryMs, tries: TRIES })
    if (servers !== undefined) resolver.setServers(servers)
    const [v4, v6] = await Promise.allSettled([
      resolver.resolve4(hostname),
      resolver.resolve6(hostname),
    ])
    const found = [
      ...(v4.status === 'fulfilled' ? v4.value.map((address) => ({ address, family: 4 })) : []),
      ...(v6.status === 'fulfilled' ? v6.value.map((address) => ({ address, family: 6 })) : []),
    ]
    if (found.length === 0 && v4.status === 'rejected') throw v4.reason
    return found
  }
