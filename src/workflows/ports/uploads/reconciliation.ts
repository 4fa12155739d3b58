import type { ReconciliationResult } from '../../../domain/uploads/reconciliation.ts'
import type { Upload } from '../../../domain/uploads/upload.ts'
import type { CallContext } from '../genesys/genesys.ts'

/**
 * Contacts as Genesys holds them. May throw `GenesysFailure`; otherwise only bugs and aborts are
 * thrown.
 */
export type ContactReadPort = {
  /** The cells by column name of those contacts that exist, by id; at most 50 ids. */
  readContacts(
    listId: string,
    contactIds: readonly string[],
    context: CallContext,
  ): Promise<Map<string, Record<string, string>>>
}

export type ReconciledJob = { uploadId: string; jobId: string; rows: number }

/** `tries`: checks that Genesys did not answer. `doubted`: a check found differences. */
export type OpenReconciliation = { upload: Upload; tries: number; doubted: boolean }

/**
 * The transaction that ends an upload with delivered rows also makes its reconciliation pending. A
 * job then checks each such upload.
 */
export type ReconciliationStore = {
  /**
   * The upload, and those of its list and tenant that are to be checked at the same time. Empty
   * when unknown or not pending.
   */
  load(uploadId: string): Promise<OpenReconciliation[]>
  /** Checks all of them again after `nextInMs`, by a job in the same transaction. */
  postpone(
    uploadIds: readonly string[],
    why: 'no-answer' | 'doubt',
    nextInMs: number,
  ): Promise<void>
  /**
   * Ends it, once, and raises the upload's version. What differs is no longer known content in the
   * register, and the endpoints get `upload.reconciled`, in the same transaction.
   */
  record(uploadId: string, result: ReconciliationResult): Promise<void>
  /**
   * The jobs of settled requests and files, with the rows that each carried; one of a shared
   * request once for each upload.
   */
  jobs(uploadIds: readonly string[]): Promise<ReconciledJob[]>
  /** Pending ones whose time passed more than `graceMs` ago; this finds lost jobs. */
  overdue(graceMs: number): Promise<string[]>
}
