import type { Clock } from '../lib/clock.ts'
import type { Emit } from '../telemetry/events.ts'
import type { AuditChain, KeepHead } from '../workflows/ports/audit/chain.ts'
import { createLookLoop } from './look-loop.ts'

/**
 * The wait between two checks for new entries. Usually, an entry is in the chain within a second.
 * An entry takes longer if a transaction that began earlier is still running.
 */
const LOOK_EVERY_MS = 400

const errorCode = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unknown'

/**
 * Adds new entries of the audit trail to the chain. Every instance runs a chainer, and the database
 * allows only one of them to write at a time.
 */
export const createAuditChainer = ({
  chain,
  owner,
  clock,
  emit,
  keepHead,
}: {
  chain: AuditChain
  /** null: heads are written only to the log. */
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
      // After a block that is not full, new entries wait for the next check. Writing a block of a
      // few entries costs as much as writing a block of hundreds.
      return isFull
    },
    queue: 'audit-chain',
    everyMs: LOOK_EVERY_MS,
    clock,
    emit,
  })
