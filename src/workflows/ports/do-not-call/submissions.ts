import type { AuditEntry } from '../../../domain/audit/audit.ts'
import type { DncChunk, NewDncChunk } from '../../../domain/do-not-call/dnc-chunk.ts'
import type { EntryTerms, SubjectKind } from '../../../domain/do-not-call/dnc-entry.ts'
import type {
  DncCounts,
  DncHoldReason,
  DncSubmission,
  EntryOutcome,
  SeenDncState,
} from '../../../domain/do-not-call/dnc-submission.ts'
import type { RowFault } from '../../../domain/uploads/rejection.ts'
import type { StoredAnswer } from '../uploads/small-uploads.ts'
import type { Page } from '../uploads/uploads.ts'

/**
 * A submission whose entries begin to arrive. `actor`: the id of the caller's key. `owner`: the id
 * of the process that receives the submission.
 */
export type NewDncSubmission = Pick<DncSubmission, 'id' | 'tenantId' | 'dncListId' | 'kind'> & {
  actor: string
  requestId: string
  owner: string
  /**
   * Whether the option `override` is set. If so, new entries replace the earlier entries of the
   * same person and scope, even stronger entries. A removal then also ends REGULATORY entries.
   */
  overrides: boolean
}

/**
 * The entries of a chunk. `accepted`: stored, and sent to Genesys after acceptance. `quarantined`:
 * stored, but sent only when a caller releases them. `duplicates`: not stored, because the
 * submission already has an entry for the person and scope.
 */
export type AppendedEntries = { accepted: number; quarantined: number; duplicates: number }

/**
 * What `accept` stores, once all chunks are appended. `rejections`: how many entries were rejected,
 * by code.
 */
export type AcceptSubmission = Pick<
  DncSubmission,
  'id' | 'tenantId' | 'rejections' | 'source' | 'columns'
> & {
  counts: Pick<DncCounts, 'read' | 'accepted' | 'rejected' | 'quarantined' | 'duplicates' | 'blank'>
  /**
   * How many chunks were appended. If not all of them are stored, accepting throws `StagingLost`.
   */
  chunks: number
  /** Notes about the entries, for the caller to read. */
  notes: readonly string[]
  audit: AuditEntry
  /** The claim of the call's Idempotency-Key, under which the answer is stored. */
  scope: { tenantId: string; method: string; path: string; key: string; owner: string }
  answerOf: (submission: DncSubmission) => StoredAnswer
}

/** An entry with its outcome, and its cells as the caller sent them. */
export type DncLedgerEntry = {
  line: number
  outcome: EntryOutcome
  terms: EntryTerms | null
  /** What the entry names the person by. null: the entry was rejected. */
  subjectKind: SubjectKind | null
  faults: readonly RowFault[]
  /** For a failed entry: `override-needed`, or Genesys' reason if it gave one. Otherwise null. */
  failedCode: string | null
  cells: readonly string[]
}

/** The entries after line `afterLine` that have one of `outcomes`. Empty: any outcome. */
export type DncLedgerQuery = { outcomes: readonly EntryOutcome[]; afterLine: number }

/** A member that is left out does not restrict the result. */
export type DncSubmissionFilter = {
  dncListId?: string
  states?: readonly SeenDncState[]
}

/** An entry about one of the people who were searched for. */
export type FoundEntry = {
  /** The index of the person's digest in the call, from 0. */
  at: number
  submissionId: string
  acceptedAt: string
  state: 'standing' | 'expired' | 'removed'
  quarantined: boolean
  /**
   * What happened to the entry, oldest first. `at` is ISO 8601. `submissionId`: the submission that
   * caused the event. null: the entry expired.
   */
  history: {
    event: 'accepted' | 'expired' | 'removed' | 'overridden'
    at: string
    submissionId: string | null
  }[]
  terms: EntryTerms
}

/**
 * The entry in force for a person and scope, combined from all their entries in force.
 * `terms.receivedAt` is set.
 */
export type ExportedEntry = {
  kind: SubjectKind
  /** E.164, or the folded address. */
  subject: string
  terms: EntryTerms
}

/**
 * Do-not-call submissions. All entries of an addition begin to suppress when `accept` commits,
 * including those that are quarantined.
 */
export type DncSubmissionStore = {
  /** Begins a submission in the state `receiving`, which callers do not see. */
  begin(submission: NewDncSubmission): Promise<void>
  /** Shows that the submission is still being received. false: it was discarded. */
  touch(id: string): Promise<boolean>
  /**
   * Stores a chunk and its entries in one transaction. If the submission has several entries for
   * one person and scope, only one entry is stored, with the strongest reason and the longest
   * expiry of them all. Throws `StagingLost` if the submission is gone.
   */
  append(id: string, chunk: NewDncChunk): Promise<AppendedEntries>
  /**
   * Accepts the submission in one transaction. The transaction raises the tenant's suppression
   * epoch first, gives the work to the lane of the DNC list, and stores the answer of the call. It
   * does not write each entry again, so it is short even for many entries. A removal, and entries
   * that override, end earlier entries of the tenant for the list. If the submission has one chunk,
   * this transaction ends these earlier entries. Otherwise the lane of the list ends them soon
   * after. Throws `StagingLost` if the submission, one of its chunks or the claim is gone.
   */
  accept(input: AcceptSubmission): Promise<{ submission: DncSubmission; answer: StoredAnswer }>
  /**
   * The places of the removal's entries that need the option `override`. For the person and scope
   * of such an entry, a REGULATORY entry of the tenant is in force.
   */
  heldByRegulatory(
    about: Pick<DncSubmission, 'tenantId' | 'dncListId'>,
    chunk: NewDncChunk,
  ): Promise<readonly number[]>
  /**
   * Deletes a submission that is still being received. A submission in another state stays
   * unchanged.
   */
  discard(id: string): Promise<void>
  /** Discards submissions whose receiving gave no sign of life for this time. Returns how many. */
  sweepReceiving(olderThanMs: number): Promise<number>
  find(tenantId: string, id: string): Promise<DncSubmission | null>
  /**
   * Releases the quarantined entries, so that they are sent. null: there are none. Writes the audit
   * entry too.
   */
  release(
    submission: Pick<DncSubmission, 'id' | 'dncListId'>,
    audit: AuditEntry,
  ): Promise<DncSubmission | null>
  /**
   * Resumes a submission that is held for `dnc_list_refused`, a hold that only a person can end.
   * null: it is not held for this reason. Writes the audit entry too.
   */
  resume(
    submission: Pick<DncSubmission, 'id' | 'dncListId'>,
    audit: AuditEntry,
  ): Promise<DncSubmission | null>
  /** Whether entries were ever accepted for the list, or a pull of it was ever requested. */
  knowsList(dncListId: string): Promise<boolean>
  /**
   * The ids of the lists that the tenant is granted and the gateway knows (`knowsList`), or that a
   * grant names. At most `limit`, sorted.
   */
  knownLists(tenantId: string, limit: number): Promise<string[]>
  /**
   * The tenant's entries for the list about these people, oldest first. Includes those that are no
   * longer in force. `digests`: 16 bytes each, all different.
   */
  about(
    tenantId: string,
    dncListId: string,
    digests: readonly Buffer[],
  ): Promise<readonly FoundEntry[]>
  /**
   * The tenant's entries in force for the list, one for each person and scope, in the order of
   * acceptance. Each combines all entries in force for its person and scope: it has the strongest
   * reason and the latest end. Its other fields come from the entry with the strongest reason. The
   * list may change during the export. The export contains every person who has an entry in force
   * during the whole export, unless an erasure has removed the number or address.
   */
  exportEntries(tenantId: string, dncListId: string): AsyncGenerator<readonly ExportedEntry[], void>
  /** Newest first. null: the cursor cannot be read. */
  list(
    tenantId: string,
    page: DncSubmissionFilter & { limit: number; cursor: string | null },
  ): Promise<Page<DncSubmission> | null>
  /** How many submissions of the tenant are held for one of these reasons. */
  countHeld(tenantId: string, reasons: readonly DncHoldReason[]): Promise<number>
  /** A chunk as stored. Throws if the submission or its key is gone. */
  readChunk(id: string, seq: number): Promise<DncChunk>
  /** The ledger in input order, a chunk at a time. */
  ledgerRows(
    submission: Pick<DncSubmission, 'id' | 'number'>,
    query: DncLedgerQuery,
  ): AsyncGenerator<readonly DncLedgerEntry[], void>
}
