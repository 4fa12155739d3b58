import type { Clock } from '../lib/clock.ts'
import type { Emit } from '../telemetry/events.ts'
import type { AuditChain, KeepHead } from '../workflows/ports/audit/chain.ts'
import { createLookLoop } from './look-loop.ts'

/**
 * An entry is in the chain within a second: it waits this long at most, and for transactions that
 * began before its own.
 */
const LOOK_EVERY_MS = 400

const errorCode = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unknown'

/**
 * Adds new entries of the audit trail to the chain. Every instance has one. The database lets one
 * of them write at a time.
 */
export const createAuditChainer = ({
  chain,
  owner,
  clock,
  emit,
  keepHead,
}: {
  chain: AuditChain
  /** null: heads leave the database by the log alone. */
  keepHead: KeepHead | null
  owner: string
  clock: Clock
  emit: Emit
}) =>
  createLookLoop({
    step: async () => {
      const startedMs = clock.monotonicMs()
      const written = await chain.chainNext(owner)
      if (written === null) return false
      const durationMs = Math.round(clock.monotonicMs() - startedMs)
      const { isFull, signed, ...block } = written
      emit('audit.chained', { ...block, lagMs: Math.round(block.lagMs), durationMs })
      await keepHead?.(signed).catch((error: unknown) => {
        emit('audit.head_not_kept', { block: signed.block, error: errorCode(error) })
      })
      // What came meanwhile waits for the next look: a block of a few entries costs as much as one
      // of hundreds.
      return isFull
    },
    queue: 'audit-chain',
    everyMs: LOOK_EVERY_MS,
    clock,
    emit,
  })
