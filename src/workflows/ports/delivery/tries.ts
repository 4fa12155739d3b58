import type { LaneClaim, RowResult } from './delivery.ts'

/** A row that may not be sent: its batch, its index in the chunk, and its outcome. */
export type WithheldRow = {
  batchId: string
  row: number
  verdict: Omit<RowResult, 'line' | 'chunkSeq'>
}

/**
 * Thrown instead of recording an HTTP try: these rows may no longer be sent. The others may, under
 * another request id.
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
 * Records a request from its first HTTP try to its job. Both methods compare the claim's fence and
 * throw `FenceLost`.
 */
export type TryStore = {
  /**
   * Records an HTTP try of a request, whether it carries a batch, a shipment or a file: called for
   * every try, after its pace slot was granted and before it is sent. Forgets the job of the try
   * before. Every upload in the request must still be active. If one was paused, held or is to be
   * cancelled it throws `UploadMoved`; if rows may no longer be sent, `RowsWithheld`. Then nothing
   * is recorded and nothing may be sent.
   */
  recordTry(claim: LaneClaim, requestId: string): Promise<void>
  /**
   * Stores the job that a request became, also for an upload that was paused meanwhile: resuming
   * reads it.
   */
  noteJob(claim: LaneClaim, requestId: string, jobId: string): Promise<void>
}
