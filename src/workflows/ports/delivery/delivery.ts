import type { AuditEntry } from '../../../domain/audit/audit.ts'
import type { ContactList } from '../../../domain/contact-lists/contact-list.ts'
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
import type { CompareContacts } from './compare-contacts.ts'

/**
 * A lane held by one worker. `fence` grows with every claim. Every statement that settles compares
 * it.
 */
export type LaneClaim = { key: string; owner: string; fence: string; leaseMs: number }

/** Thrown if a statement finds a newer fence. Another worker has the lane: stop, write nothing. */
export class FenceLost extends Error {
  override readonly name = 'FenceLost'
}

/**
 * Thrown by a lane's write if the upload was paused, held, cancelled or ended meanwhile. Leave it
 * and take the next upload of the lane.
 */
export class UploadMoved extends Error {
  override readonly name = 'UploadMoved'
}

export const BATCH_STATES = ['intended', 'sent', 'settled', 'split'] as const
export type BatchState = (typeof BATCH_STATES)[number]

/** Rows `[fromRow, toRow)` of a chunk's accepted rows, sent in one request. */
export type Batch = {
  /** Also the request's X-Request-ID. */
  id: string
  uploadId: string
  chunkSeq: number
  fromRow: number
  toRow: number
  state: BatchState
  jobId: string | null
  /** The file that carries it. null: a separate request. */
  partId: string | null
  /** Whether its request also carried rows of other uploads. */
  shared: boolean
  /**
   * Which rows of the range were sent (bit 0 = `fromRow`). The others were left out, unchanged or
   * superseded.
   */
  sent: Buffer
  attempts: number
}

/** Batches sent as one file, in the order of chunk and row. They share its outcome. */
export type DeliveryPart = {
  /** Also the request's X-Request-ID, and the id in a capability token. */
  id: string
  uploadId: string
  /** From 1. A part is begun when the one before is settled. */
  seq: number
  method: 'file' | 'callback'
  state: BatchState
  jobId: string | null
  rows: number
  bytes: number
  attempts: number
  /** By the database's clock. null before the first attempt. */
  sentAt: Date | null
}

export type NewPart = Pick<DeliveryPart, 'id' | 'seq' | 'method' | 'rows' | 'bytes'> & {
  batches: readonly NewBatch[]
}

/** How far the overwriting of a list has got, and what uploads of the same list did to it. */
export type Clearing = {
  /**
   * For this upload. null: not begun. `intended`: Genesys may have wiped the list. `asked`: Genesys
   * said that it will, and does so late. `done`: it has, and must never do so again.
   */
  state: 'intended' | 'asked' | 'done' | null
  /** Contacts in the list before the clearing. null if Genesys gives no size. */
  sizeBefore: number | null
  /** `acceptedSeq` of the newest upload that cleared the list, or 0. Older rows are superseded. */
  clearedSeq: number
  /** Whether an upload accepted later has delivered rows, which clearing would delete. */
  newerDelivered: boolean
}

export type NewBatch = Pick<Batch, 'id' | 'chunkSeq' | 'fromRow' | 'toRow' | 'sent'>

/** How Genesys ended a batch's job, import or request. `lost`: it no longer knew about it. */
export const JOB_ENDS = ['completed', 'failed', 'lost'] as const
export type JobEnd = (typeof JOB_ENDS)[number]

/** A settled row that is not simply `delivered`. These few are stored one by one. */
export type RowResult = {
  line: number
  chunkSeq: number
  outcome: Extract<RowOutcome, 'failed' | 'unprocessed' | 'unchanged'>
  code: RejectionCode
  column: string | null
  /** If Genesys refused the row: its own code. */
  said?: string | null
}

/** What the register stores of a delivered row. */
export type RegisterRow = {
  contactId: string
  contentHash: Buffer
  line: number
  /** Index in its chunk, by which the store knows its phones and addresses. */
  row: number
}

/** Contacts of a chunk and their lines, by row: finds those in flight when an entry named them. */
export type SettledChunk = Pick<StagedChunk, 'contactIds' | 'lines'>

export type SettledCounts = {
  delivered: number
  unchanged: number
  failed: number
  unprocessed: number
}

export type FinishUpload = {
  uploadId: string
  /** `cancelled` if, and only if, a caller asked for it. */
  state: 'completed' | 'completed_with_errors' | 'failed' | 'cancelled'
  problem: UploadProblem | null
  /** Rows not settled yet become `unprocessed`. */
  audit: AuditEntry
  /** Audit entries of whatever else ends with it, in the same transaction. */
  alsoAudit?: readonly AuditEntry[]
  /** How long until Genesys is checked. Default: immediately. */
  reconcileInMs?: number
}

/**
 * What the lane's holder does to uploads. Every method that writes compares the claim's fence and
 * throws `FenceLost`. Once a caller asked to cancel, methods that begin something throw
 * `UploadMoved`. Outcomes of what was sent are still accepted.
 */
export type DeliveryStore = {
  /** The lane's next upload in `acceptedSeq` order, without held and paused ones. null: no work. */
  next(claim: LaneClaim): Promise<Upload | null>
  /**
   * Stores why nothing of the lane is in flight, for readers of its uploads. null: something is.
   * Counts for three minutes, or until stored again. Changes nothing once the fence is lost.
   */
  noteWait(claim: LaneClaim, reason: HolderWait | null): Promise<void>
  /** Also raises the version. Throws if the state table does not allow the move, which is a bug. */
  move(claim: LaneClaim, uploadId: string, to: LaneState): Promise<Upload>
  chunkSeqs(uploadId: string): Promise<number[]>
  /** Batches in the order of chunk and row, without `split` ones. */
  batches(uploadId: string): Promise<Batch[]>
  /**
   * Writes the intent and its audit entry before anything is sent. For the ids `overwrites`, which
   * the batch sends, the register's content no longer counts as known: until the batch is settled,
   * nobody knows which content Genesys holds.
   */
  intend(
    claim: LaneClaim,
    uploadId: string,
    batch: NewBatch,
    audit: AuditEntry,
    overwrites?: readonly string[],
  ): Promise<void>
  /** Replaces a refused batch by its parts, in one transaction. */
  split(
    claim: LaneClaim,
    batchId: string,
    uploadId: string,
    parts: readonly NewBatch[],
  ): Promise<void>
  /** The upload's parts in order, without `split` ones. */
  parts(uploadId: string): Promise<DeliveryPart[]>
  /** The same as `intend`, for a part and its batches together. */
  intendPart(
    claim: LaneClaim,
    uploadId: string,
    part: NewPart,
    audit: AuditEntry,
    overwrites: readonly string[],
  ): Promise<void>
  /** Replaces a part and its batches by others of the same rows, in one transaction. */
  splitPart(
    claim: LaneClaim,
    partId: string,
    uploadId: string,
    parts: readonly NewPart[],
  ): Promise<void>
  clearing(upload: Upload): Promise<Clearing>
  /**
   * Records that the list is about to be wiped, with the audit entry. From here on the register's
   * content of the list is in doubt. Repeating it changes nothing.
   */
  intendClearing(
    claim: LaneClaim,
    input: { uploadId: string; sizeBefore: number | null; audit: AuditEntry },
  ): Promise<void>
  /**
   * Records that Genesys took the call that clears the list. From here on nothing else is sent to
   * the list before it is clear. Repeating it changes nothing.
   */
  askedToClear(claim: LaneClaim, uploadId: string): Promise<void>
  /**
   * Records that Genesys has wiped the list, with the audit entry, and resets the register of the
   * list. Repeating it changes nothing.
   */
  recordCleared(claim: LaneClaim, input: { uploadId: string; audit: AuditEntry }): Promise<void>
  /** Deletes a slice of the register from before the clearing. false if nothing is left. */
  forgetCleared(listId: string): Promise<boolean>
  /**
   * Writes outcomes, register, counts and audit in one transaction. A part is settled with its last
   * batch. Settling a settled batch again changes nothing.
   */
  settle(
    claim: LaneClaim,
    input: {
      uploadId: string
      batchId: string
      counts: SettledCounts
      results: readonly RowResult[]
      /** Of the failed rows, those without a result, because Genesys did not name them. */
      unnamed?: UnnamedFailures
      /** null: nothing was sent, or nobody knows. */
      ended?: JobEnd | null
      delivered: readonly RegisterRow[]
      /** Left out if no entry needs to be checked for its rows. */
      chunk?: SettledChunk
      /**
       * Contacts whose content Genesys has already. From now on the register holds it as this
       * upload's, so that older content stays out.
       */
      confirmed?: readonly string[]
      audit: AuditEntry
    },
  ): Promise<Upload>
  /** How many settled batches of the upload ended in each way. */
  jobEnds(uploadId: string): Promise<Record<JobEnd, number>>
  /**
   * Writes the final state, the completion event for every endpoint and the audit in one
   * transaction.
   */
  finish(claim: LaneClaim, input: FinishUpload): Promise<Upload>
  /**
   * Holds the upload, and notifies the endpoints with `upload.held`. An upload to be cancelled is
   * held only for an outage. A hold that ends by itself is checked after `retryInMs`.
   */
  hold(
    claim: LaneClaim,
    input: {
      uploadId: string
      reason: HoldReason
      retryInMs: number | null
      /** Shown with the upload until it resumes. */
      problem?: UploadProblem | null
      /** For `dnc_stale`. */
      countries?: readonly string[]
      audit: AuditEntry
    },
  ): Promise<Upload>
  registered(tenantId: string, listId: string, contactIds: readonly string[]): Promise<Registered>
  compare: CompareContacts
  registerSize(tenantId: string, listId: string): Promise<number>
}

/** What the register knows of contacts of a list. */
export type Registered = {
  /** What Genesys acknowledged of the tenant's own: content and `acceptedSeq`, by contact id. */
  known: Map<string, { contentHash: Buffer; acceptedSeq: number }>
  /**
   * Those whose content another tenant of the list trusts. They decide nothing about the tenant's
   * own rows, but a request that carries them puts that content in doubt.
   */
  ofOthers: ReadonlySet<string>
}

/** Contact lists as last read from Genesys. */
export type ListCache = {
  get(listId: string): Promise<{ list: ContactList; ageMs: number } | null>
  put(list: ContactList): Promise<void>
}
