import type { Upload } from '../../../domain/uploads/upload.ts'

/** What the register knows about a contact: the content that Genesys acknowledged last. */
export type RegisterEntry = {
  uploadId: string
  line: number
  /** How old the content is, in the order of the lane. */
  acceptedSeq: number
  /** By the database's clock; ISO 8601 UTC. */
  deliveredAt: string
  /**
   * Newer content is on its way, or its outcome is unknown, so it is unknown which one Genesys
   * holds.
   */
  inDoubt: boolean
}

/** A request, or a file, that carried a row to Genesys. */
export type RowRequest = {
  /** The X-Request-ID of its calls. */
  requestId: string
  /** HTTP tries, from 1. */
  tries: number
  /** By the database's clock; ISO 8601 UTC. */
  lastTriedAt: string
  /**
   * The job that Genesys made of the last try. null: it answered immediately, or this is unknown.
   */
  jobId: string | null
}

export type ExplainStore = {
  /**
   * The tenant's uploads to the list, newest first, at most `scan` of them after `cursor`, and of
   * each the lines that the contact has in it (none: it is not in it). The id is looked for by its
   * keyed digest: 16 bytes a row are read of each upload looked at. null: the cursor cannot be
   * read.
   */
  uploadsOf(input: {
    tenantId: string
    contactListId: string
    contactId: string
    scan: number
    cursor: string | null
  }): Promise<{ items: { upload: Upload; lines: number[] }[]; next: string | null } | null>
  /**
   * The requests that carried the row at this line, the latest try first; empty: it was never on
   * its way.
   */
  requestsOf(uploadId: string, line: number): Promise<RowRequest[]>
  /** The lines of one upload whose accepted rows have the contact id. */
  linesOf(uploadId: string, contactId: string): Promise<number[]>
  /**
   * The newest overwriting of the list: its place in the order of the lane, and when, ISO 8601 UTC.
   * null: none.
   */
  lastCleared(contactListId: string): Promise<{ acceptedSeq: number; at: string } | null>
  /** null: the register knows nothing, or what it knew was overwritten with the list. */
  registerEntry(
    tenantId: string,
    contactListId: string,
    contactId: string,
  ): Promise<RegisterEntry | null>
}
