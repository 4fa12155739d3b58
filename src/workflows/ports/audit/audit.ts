import type { AuditEntry } from '../../../domain/audit/audit.ts'

/**
 * Writes audit entries in a separate transaction. An entry about a change of stored data does not
 * come here: the store that makes the change writes it in the same transaction.
 */
export type AuditStore = { append(entries: readonly AuditEntry[]): Promise<void> }
