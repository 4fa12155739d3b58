import { auditId } from '../../domain/audit/audit-details.ts'
import { createAuditEntry } from '../../domain/audit/audit.ts'
import { traceOf } from '../../lib/error-trace.ts'
import type { Ids } from '../../lib/ids.ts'
import type { Emit } from '../../telemetry/events.ts'
import type { AuditStore } from '../../workflows/ports/audit/audit.ts'
import type { CallerDeps, GenesysRefusal } from './retry.ts'

const entryOf = (ids: Ids, refusal: GenesysRefusal) => {
  const { operation, failure, status, retryInMs, attempt, durationMs, tenantId } = refusal
  const requestId = auditId(refusal.requestId) ?? ids.newId('req')
  const details = {
    operation,
    failure: failure ?? 'unknown',
    status,
    correlationId: auditId(refusal.correlationId),
    upstreamCode: auditId(refusal.upstreamCode),
  }
  return createAuditEntry(
    ids,
    { tenantId, actor: 'gateway', requestId },
    {
      ...(retryInMs === null
        ? { action: 'genesys.refused', details }
        : { action: 'genesys.retried', details: { ...details, delayMs: Math.round(retryInMs) } }),
      object: requestId,
      attempt,
      latencyMs: Math.round(durationMs),
      outcome: 'failed',
    },
  )
}

/**
 * How many entries are kept in memory while the database is unavailable. If there are more, the
 * oldest never reach the audit trail. The log still has them.
 */
const MOST_KEPT = 10_000

/**
 * Writes an audit entry for every request that Genesys did not accept, before the request is sent
 * again. Never throws. If an entry cannot be written, it is written together with the next entry.
 * If the process stops before that, only the log has the entry.
 */
export const createAuditRefusals = (deps: {
  audit: AuditStore
  ids: Ids
  emit: Emit
}): NonNullable<CallerDeps['refused']> => {
  let kept: ReturnType<typeof entryOf>[] = []
  return async (refusal) => {
    const entries = [...kept, entryOf(deps.ids, refusal)]
    kept = []
    try {
      await deps.audit.append(entries)
    } catch (error) {
      kept = [...entries, ...kept].slice(-MOST_KEPT)
      deps.emit('job.failed', { queue: 'audit-refusals', error: traceOf(error) })
    }
  }
}
