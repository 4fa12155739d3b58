import type { LaneClaim, RowResult } from './delivery.ts'

/** A row that may not go: of which batch, its index in the chunk, and what it comes to. */
export type WithheldRow = {
  batchId: string
  row: number
  verdict: Omit<RowResult, 'line' | 'chunkSeq'>
}

/** Thrown where an HTTP try was to be recorded: these rows may not go any more. The others may, under another request id. */
export class RowsWithheld extends Error {
  override readonly name = 'RowsWithheld'
  readonly rows: readonly WithheldRow[]
  constructor(rows: readonly WithheldRow[]) {
    super(`${rows.length} rows may not go`)
    this.rows = rows
  }
}

/** What is known of a request from its first HTTP try to its job. Both compare the claim's fence and throw `FenceLost`. */
export type TryStore = {
  /**
   * Records an HTTP try of a request, whether it carries a batch, a shipment or a file: called for every try, after its pace slot was granted and before it
   * is sent. Forgets the job of the try before. Every upload in the request must stand: where one was paused, held or is to be cancelled it throws
   * `UploadMoved`, and where rows may not go any more `RowsWithheld`; then nothing is recorded and nothing may be sent.
   */
  recordTry(claim: LaneClaim, requestId: string): Promise<void>
  /** Keeps the job that a request became, also of an upload that was paused meanwhile: resuming asks for it. */
  noteJob(claim: LaneClaim, requestId: string, jobId: string): Promise<void>
}
