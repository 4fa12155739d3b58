import { sql, type RawBuilder } from 'kysely'

import type { AuditEntry } from '../../domain/audit/audit.ts'
import type { AuditStore } from '../../workflows/ports/audit/audit.ts'
import type { Database, Db } from '../homes/database.ts'

/** The columns that an insert names. The database adds the time and the transaction's id. */
export const AUDIT_COLUMNS =
  'id, tenant_id, actor, action, object, request_id, attempt, latency_ms, outcome, counts, digest, details'
/** The same columns with their types, to read them from a JSON record. */
export const AUDIT_TYPES = `id text, tenant_id text, actor text, action text,
  object text, request_id text, attempt int, latency_ms int, outcome text, counts jsonb, digest text, details jsonb`

/** An entry's values by column. */
export const auditColumns = (entry: AuditEntry) => ({
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
  details: entry.details,
})

/**
 * Returns the entry with more details. They are known only after a statement has run, for example
 * the new state or the job.
 */
export const withDetails = (entry: AuditEntry, known: Record<string, unknown>): AuditEntry => ({
  ...entry,
  details: { ...entry.details, ...known },
})

const [COLUMNS, TYPES] = [sql.raw(AUDIT_COLUMNS), sql.raw(AUDIT_TYPES)]

/**
 * The statement that writes entries. The chainer adds the entries to the chain later. You can
 * append a `where` to the statement.
 */
export const auditInsert = (entries: readonly AuditEntry[]): RawBuilder<unknown> => {
  const rows = JSON.stringify(entries.map(auditColumns))
  return sql`insert into audit_entry (${COLUMNS})
    select ${COLUMNS} from jsonb_to_recordset(${rows}::jsonb) as entry (${TYPES})`
}

/** Writes entries within the transaction or connection of `db`. */
export const appendAudit = async (db: Db, entries: readonly AuditEntry[]): Promise<void> => {
  if (entries.length > 0) await auditInsert(entries).execute(db)
}

/**
 * The SQL store for audit entries that belong to no change of stored data. For the others, use
 * `appendAudit` in the transaction of the change.
 */
export const createAuditStore = (deps: { database: Database }): AuditStore => ({
  append: (entries) => appendAudit(deps.database.db, entries),
})
