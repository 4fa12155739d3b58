import type { Clock } from '../lib/clock.ts'
import { traceOf } from '../lib/error-trace.ts'
import type { Emit } from '../telemetry/events.ts'
import type { AuditChain } from '../workflows/ports/audit/chain.ts'
import { slept } from './lease.ts'

/** An entry is in the chain within a second: it waits this long at most, and for transactions that began before its own. */
const LOOK_EVERY_MS = 400

/** Chains what is new in the audit trail. Every instance has one; the database lets one of them write at a time. */
export const createAuditChainer = (deps: {
  chain: AuditChain
  owner: string
  clock: Clock
  emit: Emit
}) => {
  const stopped = new AbortController()
  let ended: Promise<void> = Promise.resolve()
  const look = async (): Promise<boolean> => {
    try {
      const startedMs = deps.clock.monotonicMs()
      const written = await deps.chain.chainNext(deps.owner)
      if (written === null) return false
      const durationMs = Math.round(deps.clock.monotonicMs() - startedMs)
      deps.emit('audit.chained', { ...written, lagMs: Math.round(written.lagMs), durationMs })
      return true
    } catch (error) {
      deps.emit('job.failed', { queue: 'audit-chain', error: traceOf(error) })
      return false
    }
  }
  const run = async (): Promise<void> => {
    do {
      while (!stopped.signal.aborted && (await look()));
    } while (await slept(deps.clock, LOOK_EVERY_MS, stopped.signal))
  }
  return {
    start: (): void => {
      ended = run()
    },
    stop: async (): Promise<void> => {
      stopped.abort()
      await ended
    },
  }
}
