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

/** A lane held by one worker. `fence` grows with every claim and is compared by every statement that settles. */
export type LaneClaim = { key: string; owner: string; fence: string; leaseMs: number }

/** Thrown when a statement finds a newer fence: another worker has the lane; stop at once, write nothing. */
export class FenceLost extends Error {
  override readonly name = 'FenceLost'
}

/** Thrown by a lane's write when the upload was paused, held, cancelled or ended meanwhile: leave it and take the lane's next. */
export class UploadMoved extends Error {
  override readonly name = 'UploadMoved'
}

export type LaneStore = {
  /** Claims the ready lane that has waited longest, or null. Lease: 10 s by the database's clock. */
  claim(owner: string): Promise<LaneClaim | null>
  /** Extends the lease by its full length and tells how often the lane was nudged since the claim; null when the fence is no longer ours. */
  renew(claim: LaneClaim): Promise<{ nudges: number } | null>
  /** Gives the lane up; it is ready again in `readyInMs` if it has work. */
  release(claim: LaneClaim, readyInMs: number): Promise<void>
  /** Whether a lane is ready that nobody holds. */
  anyReady(): Promise<boolean>
  /** Frees every lane; only for the embedded home, where the process lock proves that nobody else holds one. */
  freeAll(): Promise<void>
  /** Uploads whose hold ends with its time, which has come, go back to their lane; returns how many. Others are the `HoldStore`'s. */
  wakeHeld(): Promise<number>
  /** Makes lanes ready that have work, that nobody holds and that are ready at no time, which no statement leaves behind; returns how many. */
  repair(): Promise<number>
}

export const BATCH_STATES = ['intended', 'sent', 'settled', 'split'] as const
export type BatchState = (typeof BATCH_STATES)[number]

/** Rows `[fromRow, toRow)` of a chunk's accepted rows, as they go in one request. */
export type Batch = {
  /** Also the request's X-Request-ID. */
  id: string
  uploadId: string
  chunkSeq: number
  fromRow: number
  toRow: number
  state: BatchState
  jobId: string | null
  /** The file that carries it; null = a request of its own. */
  partId: string | null
  /** Its request carried rows of other uploads too. */
  shared: boolean
  /** Which rows of the range went out (bit 0 = `fromRow`): the others were left out, unchanged or superseded. */
  sent: Buffer
  attempts: number
}

/** Batches that go as one file, in the order of chunk and row; they share its outcome. */
export type DeliveryPart = {
  /** Also the request's X-Request-ID, and the part that a capability token names. */
  id: string
  uploadId: string
  /** From 1; a part is begun when the one before is settled. */
  seq: number
  method: 'file' | 'callback'
  state: BatchState
  jobId: string | null
  rows: number
  bytes: number
  attempts: number
  /** By the database's clock; null before the first attempt. */
  sentAt: Date | null
}

export type NewPart = Pick<DeliveryPart, 'id' | 'seq' | 'method' | 'rows' | 'bytes'> & {
  batches: readonly NewBatch[]
}

/** How far the overwriting of a list is, and what uploads of the same list did to it. */
export type Clearing = {
  /**
   * Of this upload: null = not begun; `intended`: Genesys may have wiped the list; `asked`: it said that it will, and does so late; `done`: it
   * has, and never may again.
   */
  state: 'intended' | 'asked' | 'done' | null
  /** Contacts in the list before it was to be cleared; null where Genesys does not tell. */
  sizeBefore: number | null
  /** `acceptedSeq` of the newest upload that cleared the list; 0 = none. Rows of older ones are superseded. */
  clearedSeq: number
  /** An upload accepted later has delivered rows already: clearing would delete them. */
  newerDelivered: boolean
}

export type NewBatch = Pick<Batch, 'id' | 'chunkSeq' | 'fromRow' | 'toRow' | 'sent'>

/** How Genesys ended what carried a batch: a job, an import, or the answer itself. `lost`: it knew nothing of it any more. */
export const JOB_ENDS = ['completed', 'failed', 'lost'] as const
export type JobEnd = (typeof JOB_ENDS)[number]

/** A settled row that is not simply `delivered`; these few are kept one by one. */
export type RowResult = {
  line: number
  chunkSeq: number
  outcome: Extract<RowOutcome, 'failed' | 'unprocessed' | 'unchanged'>
  code: RejectionCode
  column: string | null
  /** Of a row that Genesys refused: its own code. */
  said?: string | null
}

/** What the register learns of a delivered row. */
export type RegisterRow = {
  contactId: string
  contentHash: Buffer
  line: number
  /** Index in its chunk, by which the store knows its phones and addresses. */
  row: number
}

/** Contacts of a chunk and their lines, by row: who of them was on the way when an entry named them is told by it. */
export type SettledChunk = Pick<StagedChunk, 'contactIds' | 'lines'>

export type SettledCounts = {
  delivered: number
  unchanged: number
  failed: number
  unprocessed: number
}

export type FinishUpload = {
  uploadId: string
  /** `cancelled` only where a caller asked for it, and then nothing else. */
  state: 'completed' | 'completed_with_errors' | 'failed' | 'cancelled'
  problem: UploadProblem | null
  /** Rows not settled yet become `unprocessed`. */
  audit: AuditEntry
  /** What else ends with it; written in the same transaction. */
  alsoAudit?: readonly AuditEntry[]
  /** Genesys is looked at again so much later; at once unless told. */
  reconcileInMs?: number
}

/**
 * What the lane's holder does to uploads. Every method that writes compares the claim's fence and throws `FenceLost`. Once a
 * caller asked to cancel, whatever begins something throws `UploadMoved`; outcomes of what was sent are still taken.
 */
export type DeliveryStore = {
  /** The lane's next upload in `acceptedSeq` order, held and paused ones aside; null when the lane has no work. */
  next(claim: LaneClaim): Promise<Upload | null>
  /**
   * Says why nothing of the lane is on its way, for those who look at its uploads; null: it is again. Believed for three minutes unless it is said
   * again. Changes nothing once the fence is lost.
   */
  noteWait(claim: LaneClaim, reason: HolderWait | null): Promise<void>
  /** Also counts the version up. A move the state table does not allow is a bug and throws. */
  move(claim: LaneClaim, uploadId: string, to: LaneState): Promise<Upload>
  chunkSeqs(uploadId: string): Promise<number[]>
  /** Batches in order of chunk and row; `split` ones left out. */
  batches(uploadId: string): Promise<Batch[]>
  /**
   * Writes the intent (and its audit entry) before anything is sent. What the register says of `overwrites`, ids that the batch
   * sends, no longer counts as known content: until the batch is settled, nobody knows which one Genesys holds.
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
  /** The upload's parts in order; `split` ones left out. */
  parts(uploadId: string): Promise<DeliveryPart[]>
  /** As `intend`, for a part and its batches together. */
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
   * Writes that the list is about to be wiped, with its audit entry. From here on the register's contents of the list are in doubt.
   * Again it changes nothing.
   */
  intendClearing(
    claim: LaneClaim,
    input: { uploadId: string; sizeBefore: number | null; audit: AuditEntry },
  ): Promise<void>
  /** Writes that Genesys took the call that clears the list; from here on nothing else is sent to it before that is seen. Again it changes nothing. */
  askedToClear(claim: LaneClaim, uploadId: string): Promise<void>
  /** Writes that Genesys has wiped the list, with its audit entry, and resets the register of the list. Again it changes nothing. */
  recordCleared(claim: LaneClaim, input: { uploadId: string; audit: AuditEntry }): Promise<void>
  /** Deletes what the register still holds of before the list was cleared, a slice at a time; false when nothing is left. */
  forgetCleared(listId: string): Promise<boolean>
  /** Outcomes, register, counts and audit in one transaction; a part is settled with its last batch. Settling a settled batch again changes nothing. */
  settle(
    claim: LaneClaim,
    input: {
      uploadId: string
      batchId: string
      counts: SettledCounts
      results: readonly RowResult[]
      /** Of the failed rows counted, those without a result of their own: Genesys did not name them. */
      unnamed?: UnnamedFailures
      /** null: nothing was sent, or nobody knows. */
      ended?: JobEnd | null
      delivered: readonly RegisterRow[]
      /** Left out: no entry is to be asked about its rows. */
      chunk?: SettledChunk
      /** Contacts whose content is there already: the register knows it as this upload's from now on, so that older content stays out. */
      confirmed?: readonly string[]
      audit: AuditEntry
    },
  ): Promise<Upload>
  /** Of the upload's settled batches, how many ended how. */
  jobEnds(uploadId: string): Promise<Record<JobEnd, number>>
  /** Final state, completion event to every endpoint, audit; in one transaction. */
  finish(claim: LaneClaim, input: FinishUpload): Promise<Upload>
  /** Steps aside, one to be cancelled for an outage only; a hold that ends by itself is looked at again after `retryInMs`. Tells the endpoints `upload.held`. */
  hold(
    claim: LaneClaim,
    input: {
      uploadId: string
      reason: HoldReason
      retryInMs: number | null
      /** Shown with the upload until it goes on. */
      problem?: UploadProblem | null
      /** Of `dnc_stale`. */
      countries?: readonly string[]
      audit: AuditEntry
    },
  ): Promise<Upload>
  /** What the register knows of these ids in this list: content and `acceptedSeq` of what Genesys acknowledged. */
  registered(
    tenantId: string,
    listId: string,
    contactIds: readonly string[],
  ): Promise<Map<string, { contentHash: Buffer; acceptedSeq: number }>>
  compare: CompareContacts
  registerSize(tenantId: string, listId: string): Promise<number>
}

/** Contact lists as last read from Genesys. */
export type ListCache = {
  get(listId: string): Promise<{ list: ContactList; ageMs: number } | null>
  put(list: ContactList): Promise<void>
}

/** Word that something the lane waits for has happened; a hint, which saves the wait for the next look and nothing else. */
export type Nudges = {
  /** Whether there was one since the last call. */
  take(): boolean
  /** Aborts at the next one. */
  next(): AbortSignal
}

/** A lane's lease as the work under it sees it. */
export type Lease = {
  /** Aborts 1 s before the lease runs out unrenewed, when it is lost, or when a stop's grace is over. */
  signal: AbortSignal
  /** Aborts as soon as the work should come to rest: waits end and no further batch is begun. Also when `signal` does. */
  rest: AbortSignal
  /** Left out: nobody nudges, every look comes in its time. */
  nudges?: Nudges
  /** Throws `FenceLost` when the lease no longer holds by the monotonic clock. */
  assertHeld(): void
  /**
   * Runs a wait in which the lane only learns what became of what was sent: until it is over another lane may be worked in this
   * one's place, while the lease is kept. Left out: nobody works lanes beside this one.
   */
  aside?<T>(wait: () => Promise<T>): Promise<T>
}

/** Works one upload to its end, to a hold, or to a stop between two batches; throws `FenceLost` or the abort's reason. */
export type DeliverUpload = (claim: LaneClaim, upload: Upload, lease: Lease) => Promise<void>
