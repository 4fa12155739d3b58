import type { LaneClaim, RowResult } from './delivery.ts'

/** A row that must not be sent: its batch, its index in the chunk, and its outcome. */
export type WithheldRow = {
  batchId: string
  row: number
  verdict: Omit<RowResult, 'line' | 'chunkSeq'>
}

/**
 * Thrown if some rows of a request must no longer be sent: those in `rows`. The HTTP try is not
 * recorded. The other rows may be sent in a request with another id.
 */
export class RowsWithheld extends Error {
  override readonly name = 'RowsWithheld'
  readonly rows: readonly WithheldRow[]
  constructor(rows: readonly WithheldRow[]) {
    super(`${rows.length} rows may not go`)
    this.rows = rows
  }
}

/**
 * Records the HTTP tries of a request and its job. All methods throw `FenceLost` if another worker
 * has claimed the lane.
 */
export type TryStore = {
  /**
   * Records an HTTP try of a request, whether it carries a batch, a shipment or a file. Call it for
   * every try, after the pace slot was granted and before anything is sent. The job of an earlier
   * try is forgotten. Throws `UploadMoved` if an upload in the request was paused, held or ended,
   * or is to be cancelled. Throws `RowsWithheld` if some rows of the request must no longer be
   * sent, and `SuppressionUnknown` if that cannot be determined. When it throws, it has recorded
   * nothing, and nothing may be sent.
   */
  recordTry(claim: LaneClaim, requestId: string): Promise<void>
  /**
   * Stores that Genesys refused one recorded try of a request, and took no row of this try. Call it
   * at most once for a try. An erasure does not wait for such a try.
   */
  noteRefusedTry(claim: LaneClaim, requestId: string): Promise<void>
  /**
   * Stores the job that Genesys made for a request. Does this even if the upload was paused
   * meanwhile: the job is read when the upload resumes.
   */
  noteJob(claim: LaneClaim, requestId: string, jobId: string): Promise<void>
  /**
   * Stores that the job of a request has ended, although the request stays open because its rows
   * may be sent again. Does nothing if the request has another job now. Does this even if the
   * upload was paused meanwhile.
   */
  noteJobEnd(claim: LaneClaim, requestId: string, jobId: string): Promise<void>
  /**
   * Opens requests again that were given up in doubt, if no later request was sent with the same
   * rows. Call it before an upload ends that sends nothing more. The outcome of these rows is
   * unknown.
   */
  reopenDoubtful(claim: LaneClaim, uploadId: string): Promise<void>
}
