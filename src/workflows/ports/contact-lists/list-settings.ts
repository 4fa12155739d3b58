import type { AuditEntry } from '../../../domain/audit/audit.ts'
import type { QueueChange, QueueDefaults } from '../../../domain/contact-lists/queue-options.ts'

/** What a tenant has decided for a contact list, kept here: Genesys has no place for it. */
type KeptSettings = { queue: QueueDefaults }

export type ListSettingsStore = {
  /** Nothing decided: no members. */
  read(tenantId: string, listId: string): Promise<KeptSettings>
  /** Members of `queue` that are left out stay as they are, null ones go back to undecided; with its audit entry. Answers with what holds now. */
  change(input: {
    tenantId: string
    listId: string
    queue: QueueChange
    audit: AuditEntry
  }): Promise<KeptSettings>
}
