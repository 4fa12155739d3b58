import type { Clock } from '../../lib/clock.ts'

const WINDOW_MS = 60_000
const MAX_ADDRESSES = 10_000
const MAX_PROVEN = 10_000

/**
 * Counts refused keys by address, in this process. An address above the limit gets 429 for every
 * key, except for keys that were accepted before. So a bad client does not lock out the other
 * clients behind the same proxy.
 */
export const createKeyFailures = (deps: { clock: Clock; perMinute: number }) => {
  const failures = new Map<string, { count: number; endsMs: number }>()
  const proven = new Set<string>()
  const current = (address: string) => {
    const entry = failures.get(address)
    if (entry && entry.endsMs > deps.clock.monotonicMs()) return entry
    failures.delete(address)
    return null
  }
  return {
    /** The seconds until the address may try the key. null: it may try now. */
    blockedForSeconds: (address: string, digest: Buffer): number | null => {
      const entry = current(address)
      if (!entry || entry.count < deps.perMinute || proven.has(digest.toString('hex'))) return null
      return Math.max(1, Math.ceil((entry.endsMs - deps.clock.monotonicMs()) / 1000))
    },
    failed: (address: string): void => {
      const entry = current(address)
      if (entry) {
        entry.count += 1
        return
      }
      if (failures.size >= MAX_ADDRESSES) failures.delete(failures.keys().next().value ?? '')
      failures.set(address, { count: 1, endsMs: deps.clock.monotonicMs() + WINDOW_MS })
    },
    succeeded: (digest: Buffer): void => {
      if (proven.size >= MAX_PROVEN) proven.clear()
      proven.add(digest.toString('hex'))
    },
  }
}

export type KeyFailures = ReturnType<typeof createKeyFailures>
