import type { Upload } from '../../../domain/uploads/upload.ts'

/** What the register knows about a contact: the content that Genesys acknowledged last. */
export type RegisterEntry = {
  uploadId: string
  line: number
  /** The place of the content in the order of the lane. A greater number is newer. */
  acceptedSeq: number
  /** By the database's clock; ISO 8601 UTC. */
  deliveredAt: string
  /**
   * Whether Genesys may hold different content. First cause: newer content or an overwrite of the
   * list is being sent, or its outcome is unknown. Second cause: a reconciliation found
   * differences.
   */
  inDoubt: boolean
}

/** A request, or a file, that carried a row to Genesys. */
export type RowRequest = {
  /** The X-Request-ID of its calls. */
  requestId: string
  /** HTTP tries, at least 1. */
  tries: number
  /** By the database's clock; ISO 8601 UTC. */
  lastTriedAt: string
  /**
   * The job that Genesys created for the last try. null: Genesys answered without a job, or the job
   * is unknown.
   */
  jobId: string | null
}

/**
 * Reads what is stored about one contact of a list. Writes nothing. Methods without `tenantId` do
 * not check the tenant.
 */
export type ExplainStore = {
  /**
   * The tenant's uploads to the list, newest first: at most `scan` of them, starting after
   * `cursor`. Each upload comes with the numbers of its lines that have the contact. No lines: the
   * contact is not in the upload, or the rows are past their retention. null: the cursor cannot be
   * read. Searches the digests of all rows of each upload (16 bytes a row), because no index has
   * them.
   *
   * `rows`: the most lines in all. A file may have the contact in each of its lines. The next page
   * then continues before the last of these lines, in the same upload. `rowsOfEach`: the most lines
   * of one upload, the last ones. Its other lines are left out.
   */
  uploadsOf(input: {
    tenantId: string
    contactListId: string
    contactId: string
    scan: number
    cursor: string | null
    rows?: number
    rowsOfEach?: number
  }): Promise<{ items: { upload: Upload; lines: number[] }[]; next: string | null } | null>
  /**
   * The requests that carried the row at this line, the latest try first. Empty: the row was never
   * sent, or the rows are past their retention.
   */
  requestsOf(uploadId: string, line: number): Promise<RowRequest[]>
  /** The last `most` lines of the upload that have the contact id. Leaves out rejected rows. */
  linesOf(uploadId: string, contactId: string, most: number): Promise<number[]>
  /**
   * The last time that the list was overwritten: the place of the overwrite in the order of the
   * lane, and when it happened (ISO 8601 UTC). null: the list was never overwritten.
   */
  lastCleared(contactListId: string): Promise<{ acceptedSeq: number; at: string } | null>
  /**
   * The register's entry of the contact. null: the register does not know the contact, or knows it
   * only from before the list was overwritten.
   */
  registerEntry(
    tenantId: string,
    contactListId: string,
    contactId: string,
  ): Promise<RegisterEntry | null>
}
