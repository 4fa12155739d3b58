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

/** The rows of one upload in a shipment. The upload has only one chunk. */
export type ShippedUpload = {
  upload: Upload
  batchId: string
  rows: number
  /** A bitmap of the rows that are sent, as in `Batch.sent`. */
  sent: Buffer
}

/**
 * A request with rows of one or several uploads, to be stored before it is sent. The rows are in
 * the order of `uploads`.
 */
export type Shipment = {
  /** Also the request's X-Request-ID. */
  id: string
  uploads: readonly ShippedUpload[]
  /**
   * Contact ids that the shipment sends and that the register knows. The register counts their
   * content as unknown until the shipment is settled.
   */
  overwrites: readonly string[]
  audit: AuditEntry
}

/** The outcomes of all rows of one upload in a shipment, to be stored. */
export type SettledUpload = {
  uploadId: string
  counts: SettledCounts
  /**
   * How many of the unprocessed rows are no errors: they were superseded by newer content,
   * suppressed since the upload was accepted, or erased.
   */
  superseded: number
  results: readonly RowResult[]
  delivered: readonly RegisterRow[]
  /** Leave it out if no row needs to be checked against do-not-call entries. */
  chunk?: SettledChunk
  confirmed: readonly string[]
  /** Written if the upload ends with the shipment. */
  finished: AuditEntry
}

/** What `settleShipment` returns about an upload that ended. */
export type EndedUpload = Pick<
  Upload,
  | 'id'
  | 'tenantId'
  | 'contactListId'
  | 'state'
  | 'hold'
  | 'problem'
  | 'counts'
  | 'version'
  | 'createdAt'
  | 'updatedAt'
> & { source: Pick<Upload['source'], 'sha256'> }

/**
 * Requests that carry rows of several uploads. Every method that writes throws `FenceLost` if
 * another worker has claimed the lane.
 */
export type ShipmentStore = {
  /**
   * The oldest uploads of the lane that one request can carry. Empty: the oldest upload cannot
   * share a request. Considers at most `limit` uploads. `behind`: an upload. If given, returns only
   * uploads that were accepted after `behind` and can share a request with it.
   * - Each returned upload appends to the list, is sent in batches, and has one chunk. No row of
   *   this chunk has been sent yet. The upload is not to be cancelled.
   * - The uploads belong to one tenant, and have the same queue options and the same version of the
   *   list's columns.
   * - Uploads of other tenants in between are skipped. But an upload that contains a contact of a
   *   skipped upload must wait, and so must all uploads after it.
   */
  waiting(claim: LaneClaim, limit: number, behind?: Upload): Promise<Upload[]>
  /**
   * Writes a shipment with its uploads, in the given order. If any row is sent, also records the
   * first HTTP try. The pace slot for that try must be granted already. Record further tries with
   * `recordTry`. Throws the errors that `recordTry` throws, and then writes nothing.
   */
  ship(claim: LaneClaim, shipment: Shipment): Promise<void>
  /**
   * In one transaction, settles every upload of the shipment, and ends the uploads that have no
   * unsettled rows. An upload that was paused, or is to be cancelled, gets its outcomes but does
   * not end. Returns the uploads that ended.
   */
  settleShipment(
    claim: LaneClaim,
    input: {
      shipmentId: string
      ended: JobEnd
      uploads: readonly SettledUpload[]
      audit: AuditEntry
    },
  ): Promise<EndedUpload[]>
  /**
   * Gives up the lane's open shipments that have several uploads, or whose id differs from the id
   * of their batch. Their uploads are sent again under other ids. Rows of an upload that is to be
   * cancelled are not sent again: their outcome stays unknown. `refused`: whether Genesys is known
   * to have taken no row. Default: unknown.
   */
  dissolve(claim: LaneClaim, refused?: boolean): Promise<void>
}
