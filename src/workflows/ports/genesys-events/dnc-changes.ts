import type { AuditEntry } from '../../../domain/audit/audit.ts'

export type DncChangeReceipt = {
  id: string
  /** 32 bytes. A second receipt with the same key is a duplicate. */
  key: Buffer
  /** null: the body could not be read. */
  dncListId: string | null
  /** SHA-256 of the body. The body itself is not kept. */
  bodyDigest: Buffer
}

/** Notifications of Genesys that a DNC list was changed. */
export type DncChangeStore = {
  /**
   * In one transaction, stores the receipt, notifies the endpoints of every tenant that is granted
   * the list, writes an audit entry for each of these tenants, and makes a planned pull of the list
   * due immediately. A duplicate changes nothing.
   */
  record(
    receipt: DncChangeReceipt & { dncListId: string },
    auditOf: (tenantId: string) => AuditEntry,
  ): Promise<'recorded' | 'duplicate'>
  /** Records an unreadable notification with its audit entry. A duplicate writes nothing. */
  malformed(receipt: DncChangeReceipt, audit: AuditEntry): Promise<void>
}
