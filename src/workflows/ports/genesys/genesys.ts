import type {
  ContactList,
  ContactListSummary,
  DialectLimits,
} from '../../../domain/contact-lists/contact-list.ts'
import type { QueueOptions } from '../../../domain/contact-lists/queue-options.ts'
import type { GenesysRowError } from '../../../domain/genesys/genesys-failure.ts'
import type { UploadMode } from '../../../domain/uploads/upload-options.ts'

/** Order of precedence at the pace bucket, most urgent first. */
export const CALL_CLASSES = ['dnc', 'read', 'delivery', 'poll'] as const
export type CallClass = (typeof CALL_CLASSES)[number]

export type CallContext = {
  tenantId: string
  class: CallClass
  /** Aborts waiting, pacing and the request itself. */
  signal: AbortSignal
  /**
   * The call gives up (with the last failure) rather than wait past this many milliseconds from
   * now.
   */
  retryForMs: number
  /**
   * Called and awaited for every HTTP try, retries included, when its slot is granted and before
   * anything of it is sent. What it throws ends the call, with nothing sent: the lease no longer
   * holds, the upload was paused, or rows may not go.
   */
  beforeSend?: () => Promise<void> | void
}

export type BatchToSend = {
  listId: string
  /** Stable over every retry of the batch; sent as X-Request-ID. */
  requestId: string
  columns: readonly { name: string; kind: string; required: boolean }[]
  /**
   * Guide: `overwrite` wipes the list with this very request [guide-api: Contacts]; Default:
   * append.
   */
  mode?: UploadMode
  /** Platform; left out in the other dialect. */
  queue?: QueueOptions
  /** Column that carries the contact id in the list, or null if the list has none. */
  contactIds: readonly string[]
  /** Row-major, `columns.length` cells a row, "" = empty. */
  cells: readonly string[]
  /** What `serialise` prepared from it. */
  body?: Buffer
}

/** `accepted`: a job reports the outcome later. `ingested`: the answer itself is the completion. */
export type BatchAnswer = { kind: 'accepted'; jobId: string } | { kind: 'ingested' }

export type JobStatus = {
  state: 'processing' | 'completed' | 'failed'
  processed: number
  failed: number
  /** In the order in which the batch's rows were sent. */
  errors: readonly GenesysRowError[]
}

/**
 * Genesys as the workflows see it. Every call may throw `GenesysFailure`. Apart from bugs and
 * aborts, nothing else is thrown.
 */
export type ContactListPort = {
  readonly dialect: 'guide' | 'platform'
  readonly limits: DialectLimits
  listContactLists(context: CallContext): Promise<ContactListSummary[]>
  readContactList(listId: string, context: CallContext): Promise<ContactList>
  /** The request's body, made ahead of the sending. */
  serialise(batch: BatchToSend): Buffer
  /**
   * Upserts by contact id: sending the same rows again has no second effect. If it is a function,
   * it is called after `beforeSend` for every try and returns what to send; list, mode and queue
   * options are those of its first answer.
   */
  sendBatch(batch: BatchToSend | (() => BatchToSend), context: CallContext): Promise<BatchAnswer>
  readJob(jobId: string, context: CallContext): Promise<JobStatus>
}

/** The pace bucket shared by all instances, kept in the database. Time is the database's. */
export type PaceStore = {
  /**
   * Reserves the next slot of `bucket`. Slots are `intervalMs` apart, or more by the share of the
   * pace in force, which the answer contains. `reserved`: send after `waitMs`. `wait`: none within
   * `maxAheadMs`, or a more urgent rank is waiting, or the bucket is blocked; ask again after
   * `waitMs`.
   */
  reserve(request: {
    bucket: string
    /** 0 is the most urgent: the index in CALL_CLASSES. */
    rank: number
    intervalMs: number
    maxAheadMs: number
  }): Promise<{ kind: 'reserved' | 'wait'; waitMs: number; share: number }>
  /**
   * A 429: nobody reserves a slot for `ms` (the longer of two blocks holds), and the share is cut
   * (`domain/pace-share.ts`), once for refusals that belong together. Returns the share now in
   * force.
   */
  throttle(bucket: string, ms: number): Promise<{ share: number; cut: boolean }>
  /** What is in force now; an unknown bucket has the whole pace. */
  read(bucket: string): Promise<{ share: number; blockedMs: number }>
}
