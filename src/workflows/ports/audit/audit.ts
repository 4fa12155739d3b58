import type { AuditEntry } from '../../../domain/audit/audit.ts'

export type AuditStore = { append(entries: readonly AuditEntry[]): Promise<void> }
