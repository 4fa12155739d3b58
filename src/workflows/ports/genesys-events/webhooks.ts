import type { AuditEntry } from '../../../domain/audit/audit.ts'
import type {
  NoticeStatus,
  UploadWebhookRoute,
} from '../../../domain/genesys-events/genesys-webhook.ts'
import type { JobEnd } from '../delivery/delivery.ts'

/**
 * Why a receipt has no effect. `unknown`: not about a job of ours. `unsettled`: for a day, Genesys
 * itself did not report the end of the job.
 */
export type IgnoreReason = 'progress' | 'malformed' | 'unknown' | 'unsettled'

export type NewReceipt = {
  id: string
  route: UploadWebhookRoute
  /** 32 bytes; a second receipt of the same key is a duplicate. */
  key: Buffer
  partId: string | null
  jobId: string | null
  listId: string | null
  status: NoticeStatus | null
  processed: number | null
  failed: number | null
  /** SHA-256 of the body; the body itself is not kept. */
  bodyDigest: Buffer
  /** null: to be verified, by a job of `webhook-verify` in the same transaction. */
  ignored: IgnoreReason | null
  /** Of a malformed one; written with it, unless it is a duplicate. */
  audit?: AuditEntry
}

/** The object of a receipt. `pending`: not settled yet, or its job id is not known yet. */
export type ReceiptSubject = {
  uploadId: string
  tenantId: string
  laneKey: string
  requestId: string
  pending: boolean
  /** What Genesys answered about the job. null while pending, and if it was not stored. */
  ended: JobEnd | null
}

export type OpenReceipt = {
  id: string
  route: UploadWebhookRoute
  jobId: string
  status: NoticeStatus | null
  bodyDigest: Buffer
  /** How often it was checked without a result. */
  checks: number
  sinceReceivedMs: number
  /** null: not ours, as far as is known now. */
  subject: ReceiptSubject | null
}

/**
 * Receipts are `received` (to be verified), then `verified` (Genesys was asked, and the job had
 * ended as the receipt says), `contradicted` (it had ended differently) or `ignored`.
 */
export type ReceiptStore = {
  /**
   * The list of a part, for its token. null: no such part, or its upload ended more than
   * `deadAfterMs` ago.
   */
  listOfPart(partId: string, deadAfterMs: number): Promise<string | null>
  record(receipt: NewReceipt): Promise<'recorded' | 'duplicate'>
  /** null when unknown or no longer `received`. */
  load(receiptId: string): Promise<OpenReceipt | null>
  /**
   * Notifies the lane's holder, wherever it is, that a job has ended. Returns how often the lane
   * was nudged since its claim, or null if the lane does not exist.
   */
  nudge(subject: Pick<ReceiptSubject, 'laneKey' | 'uploadId'>): Promise<number | null>
  /** Checks it again after `nextInMs`, by a job in the same transaction. */
  postpone(receiptId: string, nextInMs: number): Promise<void>
  /** Ends a receipt once; `audit` is written with it. */
  settle(
    receiptId: string,
    end:
      | { state: 'verified' | 'contradicted'; uploadId: string; audit: AuditEntry }
      | { state: 'ignored'; reason: IgnoreReason },
  ): Promise<void>
  /**
   * Deletes receipts past their retention and returns those whose check was due more than `graceMs`
   * ago.
   */
  sweep(input: { keepMs: number; graceMs: number }): Promise<string[]>
}
