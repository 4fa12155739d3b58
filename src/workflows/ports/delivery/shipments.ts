import type { AuditEntry } from '../../../domain/audit/audit.ts'
import type { Upload } from '../../../domain/uploads/upload.ts'
import type {
  JobEnd,
  LaneClaim,
  RegisterRow,
  RowResult,
  SettledChunk,
  SettledCounts,
} from './delivery.ts'

/** The rows of one upload in a shipment, which are those of its only chunk. */
export type ShippedUpload = {
  upload: Upload
  batchId: string
  rows: number
  /** Which of them go, as in `Batch.sent`. */
  sent: Buffer
}

export type Shipment = {
  /** Also the request's X-Request-ID. */
  id: string
  uploads: readonly ShippedUpload[]
  /** Ids that the register knows and the shipment sends. */
  overwrites: readonly string[]
  audit: AuditEntry
}

export type SettledUpload = {
  uploadId: string
  counts: SettledCounts
  /**
   * Of the unprocessed rows, those that newer content of the same shipment has taken the place of.
   */
  superseded: number
  results: readonly RowResult[]
  delivered: readonly RegisterRow[]
  /** If left out, no entry has to be checked for its rows. */
  chunk?: SettledChunk
  confirmed: readonly string[]
  /** Written where the upload ends with it. */
  finished: AuditEntry
}

/**
 * Requests that carry rows of several uploads. Every method that writes compares the claim's fence
 * and throws `FenceLost`.
 */
export type ShipmentStore = {
  /**
   * The lane's oldest workable uploads that can share a request and follow each other: appended by
   * batches, of one chunk, nothing of them sent, all of one tenant and one version of the list's
   * columns. Uploads of other tenants between them, of the same kind, are passed over, unless a
   * contact of theirs comes behind them too: that one, and what follows, waits. Empty if the oldest
   * one cannot share. `behind`: those that follow this one, and can share with it. Reads at most
   * `limit`.
   */
  waiting(claim: LaneClaim, limit: number, behind?: Upload): Promise<Upload[]>
  /**
   * Writes a shipment with its uploads in this order and, where any row goes, its first HTTP try,
   * after the slot was granted; further tries by `recordTry`. Throws as that does, and then nothing
   * is written.
   */
  ship(claim: LaneClaim, shipment: Shipment): Promise<void>
  /**
   * Settles every upload of the shipment and ends each that has nothing left, in one transaction.
   * An upload that was paused or is to be cancelled meanwhile keeps the outcome. Returns those that
   * ended.
   */
  settleShipment(
    claim: LaneClaim,
    input: {
      shipmentId: string
      ended: JobEnd
      uploads: readonly SettledUpload[]
      audit: AuditEntry
    },
  ): Promise<Upload[]>
  /**
   * Dissolves open shipments of the lane that carry several uploads, or one under another id than
   * its batch: their uploads are sent again, under other ids. The outcome of one that is to be
   * cancelled stays unknown.
   */
  dissolve(claim: LaneClaim): Promise<void>
}
