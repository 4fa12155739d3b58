import type { AuditEntry } from '../../../domain/audit/audit.ts'
import type { DncChunk, NewDncChunk } from '../../../domain/do-not-call/dnc-chunk.ts'
import type { EntryTerms, SubjectKind } from '../../../domain/do-not-call/dnc-entry.ts'
import type {
  DncCounts,
  DncSubmission,
  EntryOutcome,
  SeenDncState,
} from '../../../domain/do-not-call/dnc-submission.ts'
import type { RowFault } from '../../../domain/uploads/rejection.ts'
import type { StoredAnswer } from '../uploads/small-uploads.ts'
import type { Page } from '../uploads/uploads.ts'

export type NewDncSubmission = Pick<DncSubmission, 'id' | 'tenantId' | 'dncListId' | 'kind'> & {
  actor: string
  requestId: string
  owner: string
  /** Whether the option override is set. Then its entries replace those in force. */
  overrides: boolean
}

/**
 * For the entries of a chunk: those that are suppressions now, and those of a person and scope that
 * the submission already had.
 */
export type AppendedEntries = { accepted: number; quarantined: number; duplicates: number }

export type AcceptSubmission = Pick<
  DncSubmission,
  'id' | 'tenantId' | 'rejections' | 'source' | 'columns'
> & {
  counts: Pick<DncCounts, 'read' | 'accepted' | 'rejected' | 'quarantined' | 'duplicates' | 'blank'>
  /** Counts of appended chunks. `StagingLost` if not all of them are stored. */
  chunks: number
  /** What is to be said of the entries, in words. */
  notes: readonly string[]
  audit: AuditEntry
  /** The claim of the call's Idempotency-Key, and its answer from then on. */
  scope: { tenantId: string; method: string; path: string; key: string; owner: string }
  answerOf: (submission: DncSubmission) => StoredAnswer
}

/** An entry of the ledger, with its cells as they were sent. */
export type DncLedgerEntry = {
  line: number
  outcome: EntryOutcome
  terms: EntryTerms | null
  faults: readonly RowFault[]
  /** For a failed entry: `override-needed`, or Genesys' reason if it gave one. Otherwise null. */
  failedCode: string | null
  cells: readonly string[]
}

export type DncLedgerQuery = { outcomes: readonly EntryOutcome[]; afterLine: number }

export type DncSubmissionFilter = { dncListId?: string; states?: readonly SeenDncState[] }

/** An entry about a person you looked for. */
export type FoundEntry = {
  /** The index of the digest, from 0. */
  at: number
  submissionId: string
  acceptedAt: string
  state: 'standing' | 'expired' | 'removed'
  quarantined: boolean
  /**
   * What happened to it, oldest first. `at` is ISO 8601. The submission is the one that did it
   * (null: the entry expired).
   */
  history: {
    event: 'accepted' | 'expired' | 'removed' | 'overridden'
    at: string
    submissionId: string | null
  }[]
  terms: EntryTerms
}

/** The entry in force for a person and scope, combined from all of them. `receivedAt` is set. */
export type ExportedEntry = {
  kind: SubjectKind
  /** E.164, or the folded address. */
  subject: string
  terms: EntryTerms
}

/**
 * Do-not-call submissions. Their entries suppress nobody before `accept`, and all of them from its
 * commit on.
 */
export type DncSubmissionStore = {
  /** A submission in the state `receiving`, which callers do not see. */
  begin(submission: NewDncSubmission): Promise<void>
  /** Sends a sign of life. Returns false once the submission is gone. */
  touch(id: string): Promise<boolean>
  /**
   * Stores a chunk and its entries in one statement. If a submission has several entries of one
   * person and scope, one is kept, with the strongest reason and the longest expiry of them all.
   * Throws `StagingLost` if the submission is gone.
   */
  append(id: string, chunk: NewDncChunk): Promise<AppendedEntries>
  /**
   * Accepts the submission in one transaction, whose cost does not depend on the number of entries.
   * It raises the tenant's suppression epoch first, gives the work to the lane of the DNC list, and
   * stores the answer of the call. Throws `StagingLost` if the submission, one of its chunks or the
   * claim is gone. Removals, and entries that override, end what their tenant had for the list
   * before. If they fit in one chunk, the acceptance does so. Otherwise the lane of the list does
   * so soon after.
   */
  accept(input: AcceptSubmission): Promise<{ submission: DncSubmission; answer: StoredAnswer }>
  /**
   * The places of a removal's entries about people for whom a REGULATORY entry of the tenant, with
   * the same scope, is in force for the list. Without override none of them is removed.
   */
  heldByRegulatory(
    about: Pick<DncSubmission, 'tenantId' | 'dncListId'>,
    chunk: NewDncChunk,
  ): Promise<readonly number[]>
  /** Deletes everything of a submission that is being received. */
  discard(id: string): Promise<void>
  /** Discards what has shown no sign of life for this long. Returns how many. */
  sweepReceiving(olderThanMs: number): Promise<number>
  find(tenantId: string, id: string): Promise<DncSubmission | null>
  /**
   * Marks quarantined entries to be sent from now on. null if there are none. Writes the audit
   * entry too.
   */
  release(
    submission: Pick<DncSubmission, 'id' | 'dncListId'>,
    audit: AuditEntry,
  ): Promise<DncSubmission | null>
  /**
   * Resumes a submission that waits for a person. null if it does not wait. Writes the audit entry
   * too.
   */
  resume(
    submission: Pick<DncSubmission, 'id' | 'dncListId'>,
    audit: AuditEntry,
  ): Promise<DncSubmission | null>
  /** Whether entries were ever submitted for the list, or a pull of it was ever requested. */
  knowsList(dncListId: string): Promise<boolean>
  /**
   * Entries of the tenant for the list about these people (digests of 16 bytes, each once), oldest
   * first. Includes those no longer in force.
   */
  about(
    tenantId: string,
    dncListId: string,
    digests: readonly Buffer[],
  ): Promise<readonly FoundEntry[]>
  /**
   * The tenant's entries in force for the list, one for each person and scope: the words of the
   * strongest, the strongest reason and the longest time. In the order of acceptance. The list may
   * change while it is read. A person with an entry in force all the time is always included.
   */
  exportEntries(tenantId: string, dncListId: string): AsyncGenerator<readonly ExportedEntry[], void>
  /** Newest first. null for a cursor that no page returned. */
  list(
    tenantId: string,
    page: DncSubmissionFilter & { limit: number; cursor: string | null },
  ): Promise<Page<DncSubmission> | null>
  /** A chunk as stored. Throws if the submission or its key is gone. */
  readChunk(id: string, seq: number): Promise<DncChunk>
  /** The ledger in input order, a chunk at a time. */
  ledgerRows(
    submission: Pick<DncSubmission, 'id' | 'number'>,
    query: DncLedgerQuery,
  ): AsyncGenerator<readonly DncLedgerEntry[], void>
}
