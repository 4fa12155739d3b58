import type { Clock } from '../../lib/clock.ts'
import type { Overview, ReadOverview } from './read-overview.ts'

/**
 * How long all open pages share one reading. A page requests the overview again after two seconds
 * at the earliest.
 */
const FRESH_MS = 1_000

type Kept = { readAtMs: number; overview: Promise<Overview> }

/**
 * Shares one reading among all open pages whose callers have the same rights in the same tenant. A
 * reading that failed is not kept.
 */
export const shareOverview = ({
  clock,
  readOverview,
}: {
  clock: Pick<Clock, 'monotonicMs'>
  readOverview: ReadOverview
}): ReadOverview => {
  const kept = new Map<string, Kept>()
  return async (caller) => {
    const now = clock.monotonicMs()
    for (const [who, { readAtMs }] of kept) if (now - readAtMs >= FRESH_MS) kept.delete(who)
    const who = JSON.stringify([caller.tenantId, caller.scopes.toSorted()])
    const found = kept.get(who)
    if (found !== undefined) return found.overview
    const overview = readOverview(caller)
    kept.set(who, { readAtMs: now, overview })
    overview.catch(() => kept.delete(who))
    return overview
  }
}
