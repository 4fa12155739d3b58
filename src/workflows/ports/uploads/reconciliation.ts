import type { ReconciliationResult } from '../../../domain/uploads/reconciliation.ts'
import type { Upload } from '../../../domain/uploads/upload.ts'
import type { CallContext } from '../genesys/genesys.ts'

/** Contacts as Genesys holds them. May throw `GenesysFailure`; nothing else is thrown but bugs and aborts. */
export type ContactReadPort = {
  /** The cells by column name of those contacts that exist, by id; at most 50 ids. */
  readContacts(
    listId: string,
    contactIds: readonly string[],
    context: CallContext,
  ): Promise<Map<string, Record<string, string>>>
}

/** Uploads that ended with delivered rows are pending from their end on, in the same transaction, and a job looks at each. */
export type ReconciliationStore = {
  /** `tries`: looks that Genesys did not answer. `doubted`: a look found differences. null when unknown or not pending. */
  load(uploadId: string): Promise<{ upload: Upload; tries: number; doubted: boolean } | null>
  /** Looks again after `nextInMs`, by a job in the same transaction. */
  postpone(uploadId: string, why: 'no-answer' | 'doubt', nextInMs: number): Promise<void>
  /**
   * Ends it, once; counts the upload's version up. What differs is no longer known content in the register, and the endpoints hear
   * `upload.reconciled`, in the same transaction.
   */
  record(uploadId: string, result: ReconciliationResult): Promise<void>
  /** The jobs of settled requests and files, with the rows that each carried. */
  jobs(uploadId: string): Promise<{ jobId: string; rows: number }[]>
  /** Pending ones whose time passed more than `graceMs` ago: a lost job is found here. */
  overdue(graceMs: number): Promise<string[]>
}
