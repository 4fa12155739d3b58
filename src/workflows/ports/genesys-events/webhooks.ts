import type { AuditEntry } from '../../../domain/audit/audit.ts'
import type {
  NoticeStatus,
  UploadWebhookRoute,
} from '../../../domain/genesys-events/genesys-webhook.ts'
import type { JobEnd } from '../delivery/delivery.ts'

/**
 * Why a receipt has no effect. `progress`: its job has not ended. `malformed`: it cannot be read.
 * `unknown`: it is not about a job of the gateway. `unsettled`: the job was not settled within 31
 * hours.
 */
export type IgnoreReason = 'progress' | 'malformed' | 'unknown' | 'unsettled'

/**
 * The record of a notification about an upload. Make it only after the sender is verified.
 * `processed`, `failed`: rows, as the notification reports them. null: the notification does not
 * have the value.
 */
export type NewReceipt = {
  id: string
  route: UploadWebhookRoute
  /** 32 bytes. A second receipt with the same key is a duplicate. */
  key: Buffer
  partId: string | null
  jobId: string | null
  listId: string | null
  status: NoticeStatus | null
  processed: number | null
  failed: number | null
  /** SHA-256 of the body. The body itself is not kept. */
  bodyDigest: Buffer
  /**
   * null: the receipt is to be verified. In that case, a job of `webhook-verify` is sent in the
   * same transaction.
   */
  ignored: IgnoreReason | null
  /**
   * For a malformed receipt: its audit entry. It is written with the receipt, but not for a
   * duplicate.
   */
  audit?: AuditEntry
}

/** What a receipt is about. `pending`: the upload has not ended and the request is not settled. */
export type ReceiptSubject = {
  uploadId: string
  tenantId: string
  laneKey: string
  requestId: string
  pending: boolean
  /**
   * How the job ended, as Genesys answered when the gateway asked. null: pending, or not recorded.
   */
  ended: JobEnd | null
}

/**
 * A receipt in the state `received`, as its check needs it. `sinceReceivedMs`: the milliseconds
 * since its arrival, by the database's clock.
 */
export type OpenReceipt = {
  id: string
  route: UploadWebhookRoute
  jobId: string
  status: NoticeStatus | null
  bodyDigest: Buffer
  /** How many checks so far gave no result. */
  checks: number
  sinceReceivedMs: number
  /**
   * The upload and job that the receipt is about. null: the gateway does not know such a job, or
   * does not know it yet. Also null if the receipt and the upload name different contact lists.
   */
  subject: ReceiptSubject | null
}

/**
 * The states of a receipt. `received`: to be verified. `verified`: Genesys confirmed that the job
 * ended as the receipt says. `contradicted`: Genesys reported a different end. `ignored`: see
 * `IgnoreReason`.
 */
export type ReceiptStore = {
  /**
   * The contact list of a part, to check its capability token. null: there is no such part, or its
   * upload ended more than `deadAfterMs` ago.
   */
  listOfPart(partId: string, deadAfterMs: number): Promise<string | null>
  record(receipt: NewReceipt): Promise<'recorded' | 'duplicate'>
  /** null: there is no such receipt, or it is no longer `received`. */
  load(receiptId: string): Promise<OpenReceipt | null>
  /**
   * Notifies the lane's holder, on any instance, that a job may have ended. An upload that is held
   * because Genesys was unavailable is checked in the next round. Returns how many nudges the lane
   * has had since its claim. null: there is no such lane.
   */
  nudge(subject: Pick<ReceiptSubject, 'laneKey' | 'uploadId'>): Promise<number | null>
  /**
   * Counts the check. In the same transaction, makes a job that checks the receipt again after
   * `nextInMs`.
   */
  postpone(receiptId: string, nextInMs: number): Promise<void>
  /**
   * Ends a receipt that is `received`, and writes `audit` with it. Does nothing if the receipt has
   * ended already.
   */
  settle(
    receiptId: string,
    end:
      | { state: 'verified' | 'contradicted'; uploadId: string; audit: AuditEntry }
      | { state: 'ignored'; reason: IgnoreReason },
  ): Promise<void>
  /**
   * Deletes receipts that are older than `keepMs`. Returns the ids of the remaining receipts whose
   * check was due more than `graceMs` ago. Their jobs may be lost, so the sweeper makes new ones. A
   * call deletes at most 500 receipts and returns at most 500 ids.
   */
  sweep(input: { keepMs: number; graceMs: number }): Promise<string[]>
}
