import type { AuditEntry } from '../../../domain/audit/audit.ts'
import type { ChosenQueue } from '../../../domain/contact-lists/queue-options.ts'
import type { RegistryLook } from '../../../domain/do-not-call/registries/registry.ts'
import type {
  SuppressedRows,
  SuppressionEpochs,
  SuppressionShown,
} from '../../../domain/do-not-call/suppression.ts'
import type { NewChunk, StagedChunk } from '../../../domain/uploads/chunk.ts'
import type { RowFault } from '../../../domain/uploads/rejection.ts'
import type { UploadOptions } from '../../../domain/uploads/upload-options.ts'
import type {
  HoldReason,
  Upload,
  UploadColumn,
  UploadCounts,
  UploadPlan,
  UploadSource,
  SeenState,
  UploadState,
} from '../../../domain/uploads/upload.ts'
import type { OwnClaim } from '../access/access.ts'
import type { Rehearse } from './rehearsal.ts'
import type { Staging } from './staging.ts'

/** An upload to begin. `source` is provisional. `owner`: the id of the process that receives it. */
export type NewUpload = Pick<
  Upload,
  | 'id'
  | 'tenantId'
  | 'contactListId'
  | 'laneKey'
  | 'mode'
  | 'duplicates'
  | 'source'
  | 'schemaVersion'
  | 'requestId'
> & { owner: string }

/** What `stage` stores. `rejections`: how many rows were rejected, by code. */
export type StageUpload = {
  uploadId: string
  tenantId: string
  counts: UploadCounts
  rejections: Record<string, number>
  columns: UploadColumn[]
  targetColumns: string[]
  /** The version of the list's schema that the rows fit. */
  schemaVersion: string
  source: UploadSource
  options: UploadOptions
  planDigest: string
  /** The digest of the part of the plan that does not depend on the list (`planBasisOf`). */
  planBasis: string
  plan: UploadPlan | null
  /**
   * The upload that these rows are retried from. Their content is as old as the content of that
   * upload. null: not a retry.
   */
  parentId: string | null
  /**
   * How many retries and erased rows the parent had when this retry was prepared. If the parent has
   * more when this retry is staged, staging throws `RetriedBeside` or `StagingLost`.
   */
  siblings?: number
  erased?: number
  /** By chunk, a bitmap of the rows left out: suppressed, or replaced by a later line. */
  leftOut: ReadonlyMap<number, Buffer>
  /** By chunk, the lines that replaced the left-out duplicates, in the order of the duplicates. */
  replacedBy: ReadonlyMap<number, Uint32Array>
  /** By chunk, the rows that are suppressed, in the order of rows. */
  suppressed: SuppressedRows
  /** The epochs before the first look-up of the rows. Newer entries are checked at delivery. */
  suppressionEpochs: SuppressionEpochs
  /** The result of the look-up in registries. null: there was none, or its result is unknown. */
  registries: RegistryLook | null
  batchesTotal: number
  /** How many chunks were appended. If not all of them are stored, staging throws `StagingLost`. */
  chunks: number
  /** How the rows are sent to Genesys. Decided after the rows are counted. */
  delivery: Pick<Upload['delivery'], 'method' | 'duplicateCheckField'>
  /** null if the dialect has no queue. */
  queue: ChosenQueue | null
  audit: AuditEntry
  claim: OwnClaim
  /** Renders the answer that is stored and replayed. Pure: it runs in the transaction. */
  answer: (upload: Upload) => { status: number; body: string }
}

/** `next`: the cursor of the next page. null: no more items follow. */
export type Page<T> = { items: T[]; next: string | null }

/**
 * One row of the ledger. `cells`: for a rejected row, the cells as the caller sent them, in the
 * file's order. For other rows, the staged cells in the list's order.
 */
export type LedgerRow = {
  line: number
  outcome: string
  contactId: string | null
  code: string | null
  column: string | null
  /** Genesys' own code, if Genesys refused the row. */
  said?: string | null
  /** For a rejected row: all of its faults, beginning with the one of `code`. */
  faults?: readonly RowFault[]
  cells: string[]
  /** For a duplicate: the later line that replaced it. null for other rows, or if not stored. */
  replacedByLine: number | null
  /** For a suppressed row: the entry or the edition that suppresses it. */
  suppressedBy?: SuppressionShown
}

/**
 * Thrown if stored data is gone: the upload was swept, its idempotency claim was lost to another
 * call, or its rows or their key were deleted. If `stage` throws it, nothing was staged.
 */
export class StagingLost extends Error {
  override readonly name = 'StagingLost'
}

/**
 * Waits for a read of rows or their key, and returns its result. null: the rows or their key are
 * gone. Retention may delete them at any moment, even between a look-up and the read.
 */
export const ifKept = async <T>(read: Promise<T>): Promise<T | null> => {
  try {
    return await read
  } catch (error) {
    if (error instanceof StagingLost) return null
    throw error
  }
}

/** Thrown if another retry of the upload was staged since the rows were read. Nothing is staged. */
export class RetriedBeside extends Error {
  override readonly name = 'RetriedBeside'
  readonly uploadId: string
  constructor(uploadId: string) {
    super(`A different retry is in progress: upload ${uploadId}`)
    this.uploadId = uploadId
  }
}

/** A member that is left out does not restrict the result. */
export type UploadFilter = {
  states?: readonly SeenState[]
  contactListId?: string
  /** SHA-256 of the file, in lowercase hexadecimal digits. */
  sha256?: string
  /** The file's exact name. */
  fileName?: string
  /** Uploads that were created at this time or later. */
  createdFrom?: Date
  /** Uploads that were created before this time. */
  createdTo?: Date
}

/** Uploads and their chunks. */
export type UploadStore = {
  /**
   * Writes the upload as `receiving`, with a separate data key. `find` and `list` do not return it
   * until it is staged.
   */
  begin(upload: NewUpload): Promise<void>
  /** Shows that the upload is still being received. false: it was swept. */
  touch(uploadId: string): Promise<boolean>
  /** Compresses, encrypts and stores the chunks. They are kept only if `stage` follows. */
  appendChunks(uploadId: string, chunks: readonly NewChunk[]): Promise<void>
  /**
   * The digests of the contact ids of all chunks appended so far: one buffer for each chunk, in
   * order. Only a few of them are in memory at a time.
   */
  idDigests(uploadId: string): AsyncIterable<Buffer>
  /**
   * The last transaction of receiving. It stores counts, digest, `acceptedSeq`, lane entry, answer
   * and audit entry, and makes the upload `staged`. In the same transaction, an upload without
   * accepted rows becomes `completed` or `completed_with_errors`, and an upload that must wait
   * becomes `held` (`apply`, `not_before`). Endpoints are notified of these states, except `staged`
   * and a hold for `not_before`. The parent of a retry stores the id of its child.
   */
  stage(input: StageUpload): Promise<{ upload: Upload; answer: { status: number; body: string } }>
  /** Deletes an upload that is being received, with its chunks. */
  discard(uploadId: string): Promise<void>
  rehearse: Rehearse
  /** Discards uploads whose receiving gave no sign of life for this time. Returns how many. */
  sweepReceiving(olderThanMs: number): Promise<number>
  /** `tenantId` null: an upload of any tenant. */
  find(tenantId: string | null, uploadId: string): Promise<Upload | null>
  /** The uploads that match the filter, newest first. null: the cursor cannot be read. */
  list(
    tenantId: string,
    page: { limit: number; cursor: string | null } & UploadFilter,
  ): Promise<Page<Upload> | null>
  /** How many uploads of the tenant are held for one of these reasons. */
  countHeld(tenantId: string, reasons: readonly HoldReason[]): Promise<number>
  /** At most `limit` rows after line `afterLine`, in input order. `outcomes` empty: all. */
  ledger(
    uploadId: string,
    query: { outcomes: readonly string[]; afterLine: number; limit: number },
  ): Promise<{ rows: LedgerRow[]; nextLine: number | null }>
  /**
   * The same rows as `ledger`, but without a limit. Reads one chunk at a time, so that only one
   * chunk is in memory. If the reader stops, no more is read.
   */
  ledgerRows(
    uploadId: string,
    query: { outcomes: readonly string[]; afterLine: number },
  ): AsyncGenerator<LedgerRow[]>
  /** Throws `StagingLost` if the chunk or the upload's key is gone. */
  readChunk(uploadId: string, seq: number): Promise<StagedChunk>
  /**
   * The first chunk of each upload, in the order of `uploadIds`, in one round trip. Meant for
   * uploads of one small chunk. Throws `StagingLost` if a chunk or the key of an upload is gone.
   */
  readFirstChunks(uploadIds: readonly string[]): Promise<StagedChunk[]>
  /** null: there is no such upload. */
  staging(tenantId: string, uploadId: string): Promise<Staging | null>
  /**
   * Pauses, resumes or cancels an upload at a caller's request. null: there is no such upload.
   * `refused`: its state does not allow the action. `changed`: `expects` returned false.
   * - Cancelling is immediate if the outcomes of all sent rows and of a clearing of the list are
   *   known. Otherwise the upload goes back to its lane with `cancelRequested`, and ends there once
   *   the outcomes are known. Cancelling again changes nothing.
   * - If an upload that was `staged` is resumed before its `notBefore`, it is held until then.
   */
  control(input: {
    tenantId: string
    uploadId: string
    action: ControlAction
    /** Whether the upload is as the caller expects. Pure: it runs inside the transaction. */
    expects?: (upload: Upload) => boolean
    audit: AuditEntry
  }): Promise<Controlled | null>
  /**
   * Applies the plan of an upload that is held for `apply`, with the current columns of the list.
   * Then the upload goes to its lane or waits for its `notBefore`. A second call with the same
   * digest changes nothing. null: there is no such upload. `refused`: it is not held for `apply`.
   */
  apply(input: {
    tenantId: string
    uploadId: string
    planDigest: string
    schemaVersion: string
    audit: AuditEntry
  }): Promise<Exclude<Controlled, { kind: 'changed' }> | null>
  /** If the upload is held for `apply`, replaces the digest of its plan. Otherwise does nothing. */
  replan(tenantId: string, uploadId: string, planDigest: string): Promise<void>
}

export const CONTROL_ACTIONS = ['cancel', 'pause', 'resume'] as const
/** What `control` does. `apply` and `retry` are separate calls. */
export type ControlAction = (typeof CONTROL_ACTIONS)[number]

/**
 * `unsettled`: how many rows became `unprocessed` because the action ended the upload. null: it did
 * not end the upload.
 */
export type Controlled =
  | { kind: 'done'; upload: Upload; unsettled: number | null }
  | { kind: 'refused'; state: UploadState }
  | { kind: 'changed' }

/**
 * The claims of Idempotency-Keys, by tenant, method and path. A claim is committed before any work,
 * so that a second call with the key does not do the work again.
 */
export type IdempotencyStore = {
  /** `in_progress`: another call has the key. `done`: the stored answer. */
  claim(input: {
    tenantId: string
    method: string
    path: string
    key: string
    owner: string
    /** A claim that has shown no sign of life for this long is dead, and can be taken over. */
    deadAfterMs: number
  }): Promise<
    | { kind: 'claimed' }
    | { kind: 'in_progress' }
    | { kind: 'done'; fingerprint: string; status: number; body: string; location: string | null }
  >
  /** Shows that the call is still at work, so that its claim is not taken over. */
  keepAlive(scope: {
    tenantId: string
    method: string
    path: string
    key: string
    owner: string
  }): Promise<void>
  /** Gives up an unfinished claim, so that the key is free again. */
  release(scope: {
    tenantId: string
    method: string
    path: string
    key: string
    owner: string
  }): Promise<void>
}
