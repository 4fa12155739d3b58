import type { AuditEntry } from '../../../domain/audit/audit.ts'
import type { QueueChange, QueueDefaults } from '../../../domain/contact-lists/queue-options.ts'

/**
 * A tenant's settings for a contact list. The gateway keeps them, because Genesys has no place for
 * them.
 */
type KeptSettings = { queue: QueueDefaults }

/** The settings of tenants for contact lists. */
export type ListSettingsStore = {
  /** Settings that the tenant has not set are left out. */
  read(tenantId: string, listId: string): Promise<KeptSettings>
  /**
   * Members of `queue` that are left out stay unchanged. null: the setting is removed. Writes the
   * audit entry too. Returns the current settings.
   */
  change(input: {
    tenantId: string
    listId: string
    queue: QueueChange
    audit: AuditEntry
  }): Promise<KeptSettings>
}
