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
   * Stores the receipt and notifies the endpoints of every tenant that is granted the list, in one
   * transaction, with an audit entry for each of the tenants. A duplicate changes nothing.
   */
  record(
    receipt: DncChangeReceipt & { dncListId: string },
    auditOf: (tenantId: string) => AuditEntry,
  ): Promise<'recorded' | 'duplicate'>
  /** Records an unreadable notification with its audit entry. A duplicate writes nothing. */
  malformed(receipt: DncChangeReceipt, audit: AuditEntry): Promise<void>
}
