import { sql, type RawBuilder } from 'kysely'

import type { AuditEntry } from '../../domain/audit/audit.ts'
import type { AuditStore } from '../../workflows/ports/audit/audit.ts'
import type { Database, Db } from '../homes/database.ts'

/** The statement that writes entries, unchained; a condition may follow it. The time is the database's. */
export const auditInsert = (entries: readonly AuditEntry[]): RawBuilder<unknown> => {
  const rows = entries.map((entry) => ({
    id: entry.id,
    tenant_id: entry.tenantId,
    actor: entry.actor,
    action: entry.action,
    object: entry.object,
    request_id: entry.requestId,
    attempt: entry.attempt,
    latency_ms: entry.latencyMs === null ? null : Math.round(entry.latencyMs),
    outcome: entry.outcome,
    counts: entry.counts,
    digest: entry.digest,
  }))
  return sql`insert into audit_entry
      (id, tenant_id, actor, action, object, request_id, attempt, latency_ms, outcome, counts, digest)
    select id, tenant_id, actor, action, object, request_id, attempt, latency_ms, outcome, counts, digest
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as entry (id text, tenant_id text, actor text, action text,
      object text, request_id text, attempt int, latency_ms int, outcome text, counts jsonb, digest text)`
}

/** Writes entries on the given handle. */
export const appendAudit = async (db: Db, entries: readonly AuditEntry[]): Promise<void> => {
  if (entries.length > 0) await auditInsert(entries).execute(db)
}

export const createAuditStore = (deps: { database: Database }): AuditStore => ({
  append: (entries) => appendAudit(deps.database.db, entries),
})
