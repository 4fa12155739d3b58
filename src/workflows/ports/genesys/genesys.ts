import type {
  ContactList,
  ContactListSummary,
  DialectLimits,
} from '../../../domain/contact-lists/contact-list.ts'
import type { QueueOptions } from '../../../domain/contact-lists/queue-options.ts'
import type { GenesysRowError } from '../../../domain/genesys/genesys-failure.ts'
import type { UploadMode } from '../../../domain/uploads/upload-options.ts'

/**
 * The classes of calls, most urgent first. While a more urgent call waits for a slot of the pace
 * bucket, less urgent calls wait too.
 */
export const CALL_CLASSES = ['dnc', 'read', 'delivery', 'poll'] as const
/**
 * `dnc`: entries and retractions. `read`: mostly calls for which a caller of the API waits.
 * `delivery`: accepted work, such as uploads. `poll`: checks for which no caller waits.
 */
export type CallClass = (typeof CALL_CLASSES)[number]

/**
 * For which tenant a call is made, how urgent it is, and when it must stop. The tenants that wait
 * in one class take turns.
 */
export type CallContext = {
  tenantId: string
  class: CallClass
  /** Aborts the request itself, and the waits for a pace slot and for the next try. */
  signal: AbortSignal
  /** How long from now the call may retry. After that, it ends with the last failure. */
  retryForMs: number
  /**
   * Called and awaited before every HTTP try, retries included, once the try's pace slot is
   * granted. It throws if the lease is over, an upload was paused, or rows must no longer be sent.
   * In that case, the call sends nothing and ends with the error.
   */
  beforeSend?: () => Promise<void> | void
  /**
   * Called and awaited after every HTTP try that Genesys refused with a 501, or with a 4xx other
   * than 408. Genesys took nothing of such a try. If it throws, the call ends with the error.
   */
  afterRefusal?: () => Promise<void> | void
}

/** The rows of one request, before a dialect writes them as a body. */
export type BatchToSend = {
  listId: string
  /** The same for every retry of the batch. Sent as X-Request-ID. */
  requestId: string
  columns: readonly { name: string; kind: string; required: boolean }[]
  /**
   * Guide: `overwrite` wipes the list with this very request [guide-api: Contacts]. Default:
   * `append`.
   */
  mode?: UploadMode
  /** Platform only. */
  queue?: QueueOptions
  /** The contact id of each row. */
  contactIds: readonly string[]
  /** Row by row, `columns.length` cells each. "": an empty cell. */
  cells: readonly string[]
  /** The result of `serialise` for this batch. If left out, `sendBatch` builds the body. */
  body?: Buffer
}

/** `accepted`: a job reports the outcome later. `ingested`: the answer itself is the completion. */
export type BatchAnswer = { kind: 'accepted'; jobId: string } | { kind: 'ingested' }

/**
 * A job of Genesys (guide). `processed`, `failed`: rows. If Genesys reports no number, `processed`
 * is null, and `failed` counts the rows with errors.
 */
export type JobStatus = {
  state: 'processing' | 'completed' | 'failed'
  processed: number | null
  failed: number
  /** Each error has the index of its row in the batch. */
  errors: readonly GenesysRowError[]
}

/**
 * Contact lists in Genesys. Every call may throw `GenesysFailure`. Apart from bugs, aborts and the
 * errors of `beforeSend`, nothing else is thrown.
 */
export type ContactListPort = {
  readonly dialect: 'guide' | 'platform'
  readonly limits: DialectLimits
  listContactLists(context: CallContext): Promise<ContactListSummary[]>
  readContactList(listId: string, context: CallContext): Promise<ContactList>
  /** Makes the request's body before it is sent. */
  serialise(batch: BatchToSend): Buffer
  /**
   * Inserts or updates contacts by their id, so sending the same rows again has no second effect.
   * If `batch` is a function, it is called for every try, after `beforeSend`, and returns what to
   * send. The list, the mode and the queue options of its first result apply to all tries.
   */
  sendBatch(batch: BatchToSend | (() => BatchToSend), context: CallContext): Promise<BatchAnswer>
  readJob(jobId: string, context: CallContext): Promise<JobStatus>
}

/**
 * The pace bucket, which all instances share through the database. Times are by the database's
 * clock.
 */
export type PaceStore = {
  /**
   * Reserves the next slot of `bucket`. Slots are `intervalMs / share` apart. `share`: the part of
   * the pace that is allowed after refusals. `reserved`: send after `waitMs`. `wait`: call again
   * after `waitMs`, because no slot is free within `maxAheadMs`, a more urgent call waits, or the
   * bucket is blocked.
   */
  reserve(request: {
    bucket: string
    /** The index in `CALL_CLASSES`. 0 is the most urgent. */
    rank: number
    intervalMs: number
    maxAheadMs: number
  }): Promise<{ kind: 'reserved' | 'wait'; waitMs: number; share: number }>
  /**
   * Records a 429. For `ms`, nobody can reserve a slot. If the bucket is blocked already, the later
   * end counts. Cuts the share (`domain/genesys/pace-share.ts`), but only once for refusals that
   * belong together. Returns the share now in force, and whether this call cut it.
   */
  throttle(bucket: string, ms: number): Promise<{ share: number; cut: boolean }>
  /** The share and the block in force now. A bucket that was never used has share 1. */
  read(bucket: string): Promise<{ share: number; blockedMs: number }>
}
