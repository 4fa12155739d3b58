import type { AuditEntry } from '../../../domain/audit/audit.ts'
import type { StagedChunk } from '../../../domain/uploads/chunk.ts'
import type { RejectionCode } from '../../../domain/uploads/rejection.ts'
import type {
  HoldReason,
  LaneState,
  RowOutcome,
  UnnamedFailures,
  Upload,
  UploadProblem,
  HolderWait,
} from '../../../domain/uploads/upload.ts'
import type { Attempted } from './attempted.ts'
import type { RegisterReads } from './register.ts'

/**
 * A lane held by one worker. Every claim gets a higher `fence` than the claim before it. Every
 * write compares the claim's fence with the newest fence. `silentMs`: the former holder did not
 * release the lane, and work has waited this long since the holder last renewed its lease. Left
 * out: the lane had been released.
 */
export type LaneClaim = {
  key: string
  owner: string
  fence: string
  leaseMs: number
  silentMs?: number
}

/** Thrown if another worker has claimed the lane (with a higher fence). Stop, and write nothing. */
export class FenceLost extends Error {
  override readonly name = 'FenceLost'
}

/** Thrown if the upload left its lane or is to be cancelled. Continue with the next upload. */
export class UploadMoved extends Error {
  override readonly name = 'UploadMoved'
}

export const BATCH_STATES = ['intended', 'sent', 'settled', 'split'] as const
/** `intended`: not sent yet. `sent`: a try was recorded. `split`: other requests replace it. */
export type BatchState = (typeof BATCH_STATES)[number]

/** Rows `[fromRow, toRow)` of a chunk. The sent rows go to Genesys in one request. */
export type Batch = Attempted & {
  /** Also the X-Request-ID, unless the batch is sent in a file or a shipment. */
  id: string
  uploadId: string
  chunkSeq: number
  fromRow: number
  toRow: number
  state: BatchState
  jobId: string | null
  /** The file in which the batch is sent. null: the batch is not sent in a file. */
  partId: string | null
  /** Whether the batch is sent in a shipment that may carry rows of other uploads too. */
  shared: boolean
  /** The rows that are sent, as bits (bit 0: `fromRow`). The other rows are not sent. */
  sent: Buffer
}

/**
 * Batches that are sent as one file, in the order of chunk and row. The outcome of the file settles
 * all of them.
 */
export type DeliveryPart = Attempted & {
  /** Also the request's X-Request-ID, and the id in a capability token. */
  id: string
  uploadId: string
  /** Counts from 1. The gateway begins a part after it has settled the previous one. */
  seq: number
  method: 'file' | 'callback'
  state: BatchState
  jobId: string | null
  rows: number
  bytes: number
  /** By the database's clock. null before the first attempt. */
  sentAt: Date | null
}

/** A part to store. If the part replaces a refused one, `bytes` is an estimate. */
export type NewPart = Pick<DeliveryPart, 'id' | 'seq' | 'method' | 'rows' | 'bytes'> & {
  batches: readonly NewBatch[]
}

/** How far an upload has got with overwriting its list, and what other uploads did to the list. */
export type Clearing = {
  /**
   * null: not begun. `intended`: Genesys may have wiped the list. `asked`: Genesys accepted the
   * call, and wipes the list later. `done`: the list is wiped, and must not be wiped again.
   */
  state: 'intended' | 'asked' | 'done' | null
  /** Contacts in the list before the clearing. null: not begun, or Genesys gives no size. */
  sizeBefore: number | null
  /**
   * `acceptedSeq` of the newest upload that cleared the list, or 0. Rows of older uploads are
   * superseded.
   */
  clearedSeq: number
  /**
   * Whether a later upload has already delivered rows that clearing would delete. false for an
   * upload that does not overwrite.
   */
  newerDelivered: boolean
}

/** A batch to store. It begins as `intended`, without a job and without attempts. */
export type NewBatch = Pick<Batch, 'id' | 'chunkSeq' | 'fromRow' | 'toRow' | 'sent'>

/** How Genesys ended a batch's job, import or request. `lost`: Genesys did not find the job. */
export const JOB_ENDS = ['completed', 'failed', 'lost'] as const
/** If jobs end, none as `completed`, and no row is delivered or unchanged, the upload fails. */
export type JobEnd = (typeof JOB_ENDS)[number]

/** A settled row whose outcome is not `delivered`. Only such rows are stored one by one. */
export type RowResult = {
  line: number
  chunkSeq: number
  outcome: Extract<RowOutcome, 'failed' | 'unprocessed' | 'unchanged'>
  code: RejectionCode
  column: string | null
  /** Genesys' own code, if Genesys refused the row. */
  said?: string | null
}

/** What the register stores about a delivered row. */
export type RegisterRow = {
  contactId: string
  contentHash: Buffer
  line: number
  /** The row's index in its chunk, by which the store finds its phones and addresses. */
  row: number
}

/** Used to find contacts that a do-not-call entry named while the batch was in flight. */
export type SettledChunk = Pick<StagedChunk, 'contactIds' | 'lines'>

/** How many rows of one batch got each outcome, including failed rows without a result. */
export type SettledCounts = {
  delivered: number
  unchanged: number
  failed: number
  unprocessed: number
}

/** How an upload ends. Rows that are not settled yet become `unprocessed`. */
export type FinishUpload = {
  uploadId: string
  /** The counts decide which completed state it is. `cancelled`: a caller requested it. */
  state: 'completed' | 'completed_with_errors' | 'failed' | 'cancelled'
  problem: UploadProblem | null
  audit: AuditEntry
  /** Audit entries about other things that end in the same transaction. */
  alsoAudit?: readonly AuditEntry[]
  /** How long to wait before the reconciliation of the upload. Default: 0. */
  reconcileInMs?: number
}

/**
 * What the lane's holder does to uploads. Methods that write throw `FenceLost` if another worker
 * has claimed the lane, except `noteWait`. If the upload is to be cancelled, methods that begin
 * something throw `UploadMoved`. Outcomes of sent rows are still accepted.
 */
export type DeliveryStore = RegisterReads & {
  /** The next upload in `acceptedSeq` order that is not held or paused. null: no work. */
  next(claim: LaneClaim): Promise<Upload | null>
  /**
   * Stores what the lane waits for. null: it waits for nothing. The uploads of the lane show this
   * reason. The reason expires after three minutes, so store it again if it lasts longer. Writes
   * nothing if the fence is lost.
   */
  noteWait(claim: LaneClaim, reason: HolderWait | null): Promise<void>
  /**
   * Moves the upload to the state `to` and raises its version. Throws if the state table does not
   * allow this, because that is a bug.
   */
  move(claim: LaneClaim, uploadId: string, to: LaneState): Promise<Upload>
  chunkSeqs(uploadId: string): Promise<number[]>
  /** Batches in the order of chunk and row, without `split` ones. */
  batches(uploadId: string): Promise<Batch[]>
  /**
   * Records what is about to be sent, with its audit entry. `overwrites`: the contacts of the batch
   * that the register knows. Until the batch is settled, the register counts their content as
   * unknown.
   */
  intend(
    claim: LaneClaim,
    uploadId: string,
    batch: NewBatch,
    audit: AuditEntry,
    overwrites?: readonly string[],
  ): Promise<void>
  /** Replaces a batch. `refused`: whether Genesys is known to have taken none of its rows. */
  split(
    claim: LaneClaim,
    batchId: string,
    uploadId: string,
    parts: readonly NewBatch[],
    refused: boolean,
  ): Promise<void>
  /** The upload's parts in order, without `split` ones. */
  parts(uploadId: string): Promise<DeliveryPart[]>
  /** The same as `intend`, for a part and all of its batches. */
  intendPart(
    claim: LaneClaim,
    uploadId: string,
    part: NewPart,
    audit: AuditEntry,
    overwrites: readonly string[],
  ): Promise<void>
  /** The same as `split`, for a part and its batches. */
  splitPart(
    claim: LaneClaim,
    partId: string,
    uploadId: string,
    parts: readonly NewPart[],
    refused: boolean,
  ): Promise<void>
  clearing(upload: Upload): Promise<Clearing>
  /**
   * Records that the list is about to be wiped, with the audit entry. The register then counts the
   * content of the list's contacts as unknown. A second call changes nothing.
   */
  intendClearing(
    claim: LaneClaim,
    input: { uploadId: string; sizeBefore: number | null; audit: AuditEntry },
  ): Promise<void>
  /**
   * Records that Genesys accepted the call that clears the list. Until the list is clear, nothing
   * else is sent to it. A second call changes nothing.
   */
  askedToClear(claim: LaneClaim, uploadId: string): Promise<void>
  /**
   * Records that Genesys has wiped the list, with the audit entry. What the register has from
   * before the clearing no longer counts. A second call changes nothing.
   */
  recordCleared(claim: LaneClaim, input: { uploadId: string; audit: AuditEntry }): Promise<void>
  /** Deletes some of the register's rows from before the clearing. false: none is left. */
  forgetCleared(listId: string): Promise<boolean>
  /**
   * Writes outcomes, register, counts and audit in one transaction. When the last batch of a part
   * is settled, the part is settled too. Settling a settled batch again changes nothing.
   */
  settle(
    claim: LaneClaim,
    input: {
      uploadId: string
      batchId: string
      counts: SettledCounts
      results: readonly RowResult[]
      /** How many of the failed rows have no result, because Genesys did not name them. */
      unnamed?: UnnamedFailures
      /** How Genesys ended the batch. null: nothing was sent, or the end is not known. */
      ended?: JobEnd | null
      delivered: readonly RegisterRow[]
      /** Leave it out if no row of the batch needs to be checked against do-not-call entries. */
      chunk?: SettledChunk
      /**
       * Contacts not sent, because Genesys has their content already. The register then records
       * this content as content of this upload, so that older content does not overwrite it.
       */
      confirmed?: readonly string[]
      audit: AuditEntry
    },
  ): Promise<Upload>
  /** How many settled batches of the upload ended in each way. */
  jobEnds(uploadId: string): Promise<Record<JobEnd, number>>
  /** In one transaction, writes the final state, an event for every endpoint and the audit. */
  finish(claim: LaneClaim, input: FinishUpload): Promise<Upload>
  /**
   * Holds the upload and sends `upload.held` to the endpoints. The event is not repeated for the
   * same reason until the upload has made progress, or a caller has acted on the upload. An upload
   * that is to be cancelled is held only for `genesys_unavailable`. `retryInMs`: the time until the
   * reason is checked again. null: the hold ends when a caller resumes the upload.
   */
  hold(
    claim: LaneClaim,
    input: {
      uploadId: string
      reason: HoldReason
      retryInMs: number | null
      /** Shown with the upload until it resumes. */
      problem?: UploadProblem | null
      /** Only for `dnc_stale`: the countries whose registry is too old or missing. */
      countries?: readonly string[]
      audit: AuditEntry
    },
  ): Promise<Upload>
}
