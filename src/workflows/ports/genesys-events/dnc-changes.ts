import type { AuditEntry } from '../../../domain/audit/audit.ts'

/** The record of a notification about a DNC list. Make it only after the sender is verified. */
export type DncChangeReceipt = {
  id: string
  /** 32 bytes. A second receipt with the same key is a duplicate. */
  key: Buffer
  /** null: the body could not be read. */
  dncListId: string | null
  /** SHA-256 of the body. The body itself is not kept. */
  bodyDigest: Buffer
}

/** Notifications of Genesys that a DNC list has new entries. */
export type DncChangeStore = {
  /**
   * In one transaction, stores the receipt and makes a planned pull of the list due immediately.
   * Each tenant that has used the list pulls it then. If a pull is running, its tenant pulls the
   * list once more. For each tenant that is granted the list, also notifies the endpoints and
   * writes an audit entry. A duplicate changes nothing.
   */
  record(
    receipt: DncChangeReceipt & { dncListId: string },
    auditOf: (tenantId: string) => AuditEntry,
  ): Promise<'recorded' | 'duplicate'>
  /** Records an unreadable notification with its audit entry. A duplicate writes nothing. */
  malformed(receipt: DncChangeReceipt, audit: AuditEntry): Promise<void>
}
