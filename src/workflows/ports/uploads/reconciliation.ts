import type { ReconciliationResult } from '../../../domain/uploads/reconciliation.ts'
import type { Upload } from '../../../domain/uploads/upload.ts'
import type { CallContext } from '../genesys/genesys.ts'

/**
 * Reads contacts as Genesys holds them. May throw `GenesysFailure`. Apart from bugs, aborts and the
 * errors of `beforeSend`, nothing else is thrown.
 */
export type ContactReadPort = {
  /**
   * Returns the cells of each contact by column name, under the contact's id. Contacts that do not
   * exist are left out. `contactIds`: at most 50.
   */
  readContacts(
    listId: string,
    contactIds: readonly string[],
    context: CallContext,
  ): Promise<Map<string, Record<string, string>>>
}

/** `rows`: how many rows the whole request or file carried, including rows of other uploads. */
export type ReconciledJob = { uploadId: string; jobId: string; rows: number }

/**
 * `tries`: how many checks Genesys did not answer. `doubted`: an earlier check found differences.
 */
export type OpenReconciliation = { upload: Upload; tries: number; doubted: boolean }

/**
 * Reconciliations: whether Genesys holds what an upload delivered. The transaction that completes
 * an upload with delivered rows makes its reconciliation pending. Of the uploads that share a
 * shipment, only some are checked. A job makes the check.
 */
export type ReconciliationStore = {
  /**
   * The upload, and the other uploads of its list and tenant that are due at the same time. Empty
   * if there is no such upload or nothing is pending.
   */
  load(uploadId: string): Promise<OpenReconciliation[]>
  /**
   * In one transaction, plans the next check of all these uploads after `nextInMs`, and makes the
   * job for it.
   */
  postpone(
    uploadIds: readonly string[],
    why: 'no-answer' | 'doubt',
    nextInMs: number,
  ): Promise<void>
  /**
   * In one transaction, ends the reconciliation and raises the upload's version. If the result is
   * `differs`, the register counts the upload's content as unknown, and the endpoints get
   * `upload.reconciled`. Does nothing if the reconciliation has ended already.
   */
  record(uploadId: string, result: ReconciliationResult): Promise<void>
  /**
   * The jobs of settled requests and files, with the number of rows that each carried. A job of a
   * shared request appears once for each upload. Leaves out jobs that failed as a whole or were
   * lost, because no row of them counts as delivered.
   */
  jobs(uploadIds: readonly string[]): Promise<ReconciledJob[]>
  /**
   * The ids of uploads whose pending reconciliation was due more than `graceMs` ago. Their jobs may
   * be lost, so the sweeper makes new ones.
   */
  overdue(graceMs: number): Promise<string[]>
}
