import type { AuditEntry } from '../../../domain/audit/audit.ts'

/**
 * Writes audit entries in a separate transaction. Do not use this for an entry about a change of
 * stored data: the store that makes the change writes that entry in the same transaction.
 */
export type AuditStore = { append(entries: readonly AuditEntry[]): Promise<void> }
