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
  /** With the option override: its entries replace those in force. */
  overrides: boolean
}

/**
 * Of the entries of a chunk: those that are suppressions now, and those of a person and scope that
 * the submission had before.
 */
export type AppendedEntries = { accepted: number; quarantined: number; duplicates: number }

export type AcceptSubmission = Pick<
  DncSubmission,
  'id' | 'tenantId' | 'rejections' | 'source' | 'columns'
> & {
  counts: Pick<DncCounts, 'read' | 'accepted' | 'rejected' | 'quarantined' | 'duplicates' | 'blank'>
  /** Chunks appended; `StagingLost` when not all of them are stored. */
  chunks: number
  audit: AuditEntry
  /** The claim of the call's Idempotency-Key, and what it answers from then on. */
  scope: { tenantId: string; method: string; path: string; key: string; owner: string }
  answerOf: (submission: DncSubmission) => StoredAnswer
}

/** An entry of the ledger, with its cells as they were sent. */
export type DncLedgerEntry = {
  line: number
  outcome: EntryOutcome
  terms: EntryTerms | null
  faults: readonly RowFault[]
  /** Of a failed one: `override-needed`, or why Genesys refused it where it said so; else null. */
  failedCode: string | null
  cells: readonly string[]
}

export type DncLedgerQuery = { outcomes: readonly EntryOutcome[]; afterLine: number }

export type DncSubmissionFilter = { dncListId?: string; states?: readonly SeenDncState[] }

/** An entry about somebody who was looked for. */
export type FoundEntry = {
  /** Which of the digests, from 0. */
  at: number
  submissionId: string
  acceptedAt: string
  state: 'standing' | 'expired' | 'removed'
  quarantined: boolean
  /**
   * What became of it, oldest first; `at` is ISO 8601, and the submission is the one that did it
   * (null: its time had come).
   */
  history: {
    event: 'accepted' | 'expired' | 'removed' | 'overridden'
    at: string
    submissionId: string | null
  }[]
  terms: EntryTerms
}

/** The entry in force for a person and scope, combined from all of them; `receivedAt` is filled. */
export type ExportedEntry = {
  kind: SubjectKind
  /** E.164, or the folded address. */
  subject: string
  terms: EntryTerms
}

/**
 * Do-not-call submissions. Its entries suppress nobody before `accept`, and all of them from its
 * commit on.
 */
export type DncSubmissionStore = {
  /** A submission in the state `receiving`, which callers do not see. */
  begin(submission: NewDncSubmission): Promise<void>
  /** A sign of life; false once the submission is gone. */
  touch(id: string): Promise<boolean>
  /**
   * Stores a chunk and its entries in one statement. Of entries of one person and scope in a
   * submission one is kept, under the strongest reason and the longest expiry of them all. Throws
   * `StagingLost` where the submission is gone.
   */
  append(id: string, chunk: NewDncChunk): Promise<AppendedEntries>
  /**
   * Accepts the submission in one transaction, whose cost does not depend on the number of entries:
   * it raises the tenant's suppression epoch first, gives the work to the lane of the DNC list, and
   * keeps the answer of the call. Throws `StagingLost` where the submission, one of its chunks or
   * the claim is gone. A removal, and entries that override, end what their tenant had for the list
   * before: with the acceptance where they lie in one chunk, else by the lane of the list, soon
   * after it.
   */
  accept(input: AcceptSubmission): Promise<{ submission: DncSubmission; answer: StoredAnswer }>
  /**
   * The places of a removal's entries about people for whom a REGULATORY entry of the tenant stands
   * in the list, with the same scope: none of those is removed without override.
   */
  heldByRegulatory(
    about: Pick<DncSubmission, 'tenantId' | 'dncListId'>,
    chunk: NewDncChunk,
  ): Promise<readonly number[]>
  /** Nothing of a submission that is being received remains. */
  discard(id: string): Promise<void>
  /** Discards what has been without a sign of life for so long; returns how many. */
  sweepReceiving(olderThanMs: number): Promise<number>
  find(tenantId: string, id: string): Promise<DncSubmission | null>
  /**
   * Quarantined entries are to be sent from now on; null where there are none. The audit entry is
   * written with it.
   */
  release(
    submission: Pick<DncSubmission, 'id' | 'dncListId'>,
    audit: AuditEntry,
  ): Promise<DncSubmission | null>
  /**
   * Resumes a submission that waits for a person; null if it does not. Writes the audit entry too.
   */
  resume(
    submission: Pick<DncSubmission, 'id' | 'dncListId'>,
    audit: AuditEntry,
  ): Promise<DncSubmission | null>
  /** Whether entries were ever submitted for the list, or a pull of it was requested. */
  knowsList(dncListId: string): Promise<boolean>
  /**
   * Entries of the tenant for the list about these people (digests of 16 bytes, each once), also
   * those that do not stand any more; oldest first.
   */
  about(
    tenantId: string,
    dncListId: string,
    digests: readonly Buffer[],
  ): Promise<readonly FoundEntry[]>
  /**
   * What the tenant's entries for the list come to, one for each person and scope: the words of the
   * strongest, the strongest reason and the longest time. In the order of acceptance, as it stands
   * while it is read; whoever stands all the time is among them.
   */
  exportEntries(tenantId: string, dncListId: string): AsyncGenerator<readonly ExportedEntry[], void>
  /** Newest first; null for a cursor that no page gave. */
  list(
    tenantId: string,
    page: DncSubmissionFilter & { limit: number; cursor: string | null },
  ): Promise<Page<DncSubmission> | null>
  /** A chunk as it was stored; throws where the submission or its key is gone. */
  readChunk(id: string, seq: number): Promise<DncChunk>
  /** The ledger in input order, a chunk at a time. */
  ledgerRows(
    submission: Pick<DncSubmission, 'id' | 'number'>,
    query: DncLedgerQuery,
  ): AsyncGenerator<readonly DncLedgerEntry[], void>
}
