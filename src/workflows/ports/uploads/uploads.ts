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
  Upload,
  UploadColumn,
  UploadCounts,
  UploadPlan,
  UploadSource,
  SeenState,
  UploadState,
} from '../../../domain/uploads/upload.ts'

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

export type StageUpload = {
  uploadId: string
  tenantId: string
  counts: UploadCounts
  rejections: Record<string, number>
  columns: UploadColumn[]
  targetColumns: string[]
  /** Version of the list's schema that the rows fit. */
  schemaVersion: string
  source: UploadSource
  options: UploadOptions
  planDigest: string
  /** The part of it that no list can change. */
  planBasis: string
  plan: UploadPlan | null
  /** The upload whose rows these are; the contents are as old as that upload. */
  parentId: string | null
  /**
   * Of a retry: how many children the parent had when its rows were read; `RetriedBeside` where it
   * has more now.
   */
  siblings?: number
  /** Rows that a later line replaced, by chunk; the whole bitmap of each named chunk. */
  leftOut: ReadonlyMap<number, Buffer>
  /** By chunk, for each row left out, in order: the line of the row that stays. */
  replacedBy: ReadonlyMap<number, Uint32Array>
  /** The rows left out because of a do-not-call entry, by chunk, in order of row. */
  suppressed: SuppressedRows
  /** Before the first look-up of the rows. */
  suppressionEpochs: SuppressionEpochs
  /** Of the check of registries. null: there was none, or its result is unknown. */
  registries: RegistryLook | null
  batchesTotal: number
  /** Chunks appended; staging fails with `StagingLost` when not all of them are stored. */
  chunks: number
  /** How the rows go to Genesys; known when they are counted. */
  delivery: Pick<Upload['delivery'], 'method' | 'duplicateCheckField'>
  /** null if the dialect has no queue. */
  queue: ChosenQueue | null
  audit: AuditEntry
  claim: { method: string; path: string; key: string; fingerprint: string }
  /**
   * Renders the answer that is stored with the claim and replayed; pure, runs inside the
   * transaction.
   */
  answer: (upload: Upload) => { status: number; body: string }
}

export type Page<T> = { items: T[]; next: string | null }

/**
 * One row of the ledger. `cells`: for rejected rows the raw ones in the file's order, for all
 * others the staged ones in the list's order.
 */
export type LedgerRow = {
  line: number
  outcome: string
  contactId: string | null
  code: string | null
  column: string | null
  /** For a row that Genesys refused: Genesys' own code. */
  said?: string | null
  /** For a rejected row: all of its faults, the one of `code` first. */
  faults?: readonly RowFault[]
  cells: string[]
  /**
   * For a duplicate: the later line whose contact stays. null for all others, and if it was not
   * stored.
   */
  replacedByLine: number | null
  /** For a suppressed row: the entry that suppresses it. */
  suppressedBy?: SuppressionShown
}

/**
 * The upload was swept meanwhile, or another request answered its idempotency claim: nothing was
 * staged.
 */
export class StagingLost extends Error {
  override readonly name = 'StagingLost'
}

/**
 * What is read of rows or their key; null where they are gone, also in the very moment since they
 * were looked up: retention waits for no reader.
 */
export const ifKept = async <T>(read: Promise<T>): Promise<T | null> => {
  try {
    return await read
  } catch (error) {
    if (error instanceof StagingLost) return null
    throw error
  }
}

/** Another retry took rows of the same upload since they were read: nothing was staged. */
export class RetriedBeside extends Error {
  override readonly name = 'RetriedBeside'
  readonly uploadId: string
  constructor(uploadId: string) {
    super(`Upload ${uploadId} retries rows of the same upload`)
    this.uploadId = uploadId
  }
}

/** Uploads and their chunks. */
/** A member that is left out does not narrow the list. */
export type UploadFilter = {
  states?: readonly SeenState[]
  contactListId?: string
  /** The file's digest, in small hexadecimal digits. */
  sha256?: string
  /** The file's exact name. */
  fileName?: string
  /** From this moment on. */
  createdFrom?: Date
  /** Before this moment. */
  createdTo?: Date
}

export type UploadStore = {
  /**
   * Writes the upload as `receiving`, with its own data key; invisible to `find` and `list` until
   * staged.
   */
  begin(upload: NewUpload): Promise<void>
  /** Says that the upload is still being received. false when it was swept meanwhile. */
  touch(uploadId: string): Promise<boolean>
  /**
   * One short transaction; compresses and encrypts outside it. Durable with `stage`, not before.
   */
  appendChunks(uploadId: string, chunks: readonly NewChunk[]): Promise<void>
  /**
   * The id digests of the chunks appended so far, one buffer a chunk, in order of seq; a few chunks
   * are in memory at a time.
   */
  idDigests(uploadId: string): AsyncIterable<Buffer>
  /**
   * The last transaction: counts, digest, `acceptedSeq`, lane entry, stored answer, audit, state
   * `staged`. In the same transaction it goes on: with accepted = 0 to `completed` or
   * `completed_with_errors`, else by its options to `held` (`apply`, `not_before`). Endpoints are
   * notified of all of these except `staged` and `not_before`. A parent stores its child. Returns
   * the upload as stored.
   */
  stage(input: StageUpload): Promise<{ upload: Upload; answer: { status: number; body: string } }>
  /** Deletes a receiving upload and its chunks; nothing remains. */
  discard(uploadId: string): Promise<void>
  /** Discards receiving uploads without a sign of life for `olderThanMs`. Returns how many. */
  sweepReceiving(olderThanMs: number): Promise<number>
  find(tenantId: string, uploadId: string): Promise<Upload | null>
  /** Newest first, as far as the filter goes. `cursor` is opaque; an unreadable one gives null. */
  list(
    tenantId: string,
    page: { limit: number; cursor: string | null } & UploadFilter,
  ): Promise<Page<Upload> | null>
  /**
   * The ledger in input order, at most `limit` rows after line `afterLine`; outcomes empty = all.
   */
  ledger(
    uploadId: string,
    query: { outcomes: readonly string[]; afterLine: number; limit: number },
  ): Promise<{ rows: LedgerRow[]; nextLine: number | null }>
  /**
   * The same rows to the end, a chunk's worth at a time: only that is in memory, and a reader that
   * stops reading stops the scan.
   */
  ledgerRows(
    uploadId: string,
    query: { outcomes: readonly string[]; afterLine: number },
  ): AsyncGenerator<LedgerRow[]>
  /** Throws `StagingLost` where it or the upload's key is gone. */
  readChunk(uploadId: string, seq: number): Promise<StagedChunk>
  /**
   * The first chunk of each of these uploads, in their order, in one round trip; for uploads with
   * one chunk of few rows.
   */
  readFirstChunks(uploadIds: readonly string[]): Promise<StagedChunk[]>
  /** What the upload was staged with, and whether its rows are still kept. null when unknown. */
  staging(tenantId: string, uploadId: string): Promise<Staging | null>
  /**
   * Moves a held, paused or waiting upload at a caller's request. null when unknown, `refused` when
   * the state does not allow it, `changed` when it is not the version that the caller `expects`.
   * Cancelling is immediate unless Genesys may have rows whose outcome is not known yet: then the
   * upload goes to its lane with `cancelRequested`, to be drained and finished there. Cancelling
   * again changes nothing. An upload that was resumed before its `notBefore` waits for that.
   */
  control(input: {
    tenantId: string
    uploadId: string
    action: ControlAction
    /** Runs inside the transaction; pure. */
    expects?: (upload: Upload) => boolean
    audit: AuditEntry
  }): Promise<Controlled | null>
  /**
   * Resumes an upload that waits for `/apply`, with the columns of the list as they are now. One
   * that was applied with the same digest stays unchanged. null when unknown, `refused` when it
   * does not wait for it.
   */
  apply(input: {
    tenantId: string
    uploadId: string
    planDigest: string
    schemaVersion: string
    audit: AuditEntry
  }): Promise<Exclude<Controlled, { kind: 'changed' }> | null>
  /** Replaces the plan of an upload that waits for `/apply`; does nothing if it no longer waits. */
  replan(tenantId: string, uploadId: string, planDigest: string): Promise<void>
}

export const CONTROL_ACTIONS = ['cancel', 'pause', 'resume'] as const
export type ControlAction = (typeof CONTROL_ACTIONS)[number]

/**
 * `unsettled`: rows that the call itself made `unprocessed` because it ended the upload. null if it
 * did not end it.
 */
export type Controlled =
  | { kind: 'done'; upload: Upload; unsettled: number | null }
  | { kind: 'refused'; state: UploadState }
  | { kind: 'changed' }

export type Staging = { options: UploadOptions; planBasis: string; rowsKept: boolean }

/**
 * The claims of idempotency keys. Scope: tenant, method, path. Claims are committed before any
 * work.
 */
export type IdempotencyStore = {
  claim(input: {
    tenantId: string
    method: string
    path: string
    key: string
    owner: string
    /** A claim without a sign of life for this long is dead, and the key is free. */
    deadAfterMs: number
  }): Promise<
    | { kind: 'claimed' }
    | { kind: 'in_progress' }
    | { kind: 'done'; fingerprint: string; status: number; body: string; location: string | null }
  >
  keepAlive(scope: {
    tenantId: string
    method: string
    path: string
    key: string
    owner: string
  }): Promise<void>
  /** Frees an unfinished claim. */
  release(scope: {
    tenantId: string
    method: string
    path: string
    key: string
    owner: string
  }): Promise<void>
}
