import type { EvidenceItem, SearchedChunk } from '../../../domain/proof/evidence.ts'

/**
 * The person about whom evidence is collected. `value`: a normalised phone (E.164) or address.
 * Upper and lower case of an address make no difference.
 */
export type EvidenceSubject = { kind: 'phone' | 'email'; value: string }

/** An item of evidence without the parts that are expensive to look up. `complete` adds them. */
export type EvidenceDraft = Omit<EvidenceItem, 'auditEntryId'> & {
  /**
   * How to find the audit entry that was written together with the item: the entry has one of these
   * objects, one of these actions, and nearly the same time as the item. null: there is no such
   * entry.
   */
  trail: { objects: readonly string[]; actions: readonly string[] } | null
  /** Where the words of a do-not-call entry are stored, such as its source. */
  words?: { submissionId: string; seq: number; place: number }
}

/**
 * An upload whose rows may be about the person. `chunks`: how many of its chunks must be searched.
 */
export type WalkedUpload = {
  id: string
  contactListId: string
  createdAt: string
  checkedAt: string
  /** When the upload ended. If it has not ended, when it last changed. */
  settledAt: string
  chunks: number
  /** false: its rows were deleted when their retention ended. */
  rowsKept: boolean
}

/**
 * A row about the person. `match`: how it was found. `digest`: by the stored digest. `cells`: by
 * comparing the cells of the opened chunk, because no digest of the row is stored. Rejected rows,
 * and rows that an earlier version of the gateway staged, have no digest.
 */
export type FoundRow = {
  uploadId: string
  line: number
  match: 'digest' | 'cells'
  /** The place of the row in the stored chunks. null: the row was rejected. */
  place: { seq: number; row: number } | null
}

/**
 * Which rows are searched. `after`: in the upload of this chunk, only later chunks. The search ends
 * after the chunk with which it has found `rows` rows or opened `opened` chunks.
 */
export type RowSearch = {
  uploadIds: readonly string[]
  after: SearchedChunk | null
  limits: { rows: number; opened: number }
}

/** A request that carried the row. */
export type RowTry = {
  requestId: string
  batchId: string
  tries: number
  lastTriedAt: string | null
  jobId: string | null
  /** When the batch with the row was settled. null: it was not. */
  settledAt: string | null
}

/**
 * Reads everything that was decided about one person. Writes nothing. `rowsOf` and `triesOf` do not
 * check the tenant: give them only uploads of the tenant.
 */
export type EvidenceStore = {
  /**
   * What decided about the person: entries, removals, retractions, editions and erasures, in any
   * order. May contain items outside of the period. Times are ISO 8601 UTC.
   */
  decisions(input: {
    tenantId: string
    subject: EvidenceSubject
    from: string
    to: string
  }): Promise<EvidenceDraft[]>
  /**
   * The tenant's next uploads after the upload `after`, in the order in which they began, at most
   * `limit`. `after` empty: from the first one. Leaves out uploads that had ended before `from` or
   * began after `to`.
   */
  uploadsBehind(input: {
    tenantId: string
    after: string
    from: string
    to: string
    limit: number
  }): Promise<WalkedUpload[]>
  /**
   * The rows of these uploads that are about the person, in the order of the uploads. `opened`: how
   * many chunks had to be opened. `goneIds`: uploads whose rows were deleted meanwhile. `endedAt`:
   * the last chunk that was searched, if a limit ended the search before the last upload.
   */
  rowsOf(
    search: RowSearch,
    subject: EvidenceSubject,
  ): Promise<{
    rows: FoundRow[]
    opened: number
    goneIds: ReadonlySet<string>
    endedAt: SearchedChunk | null
  }>
  triesOf(uploadId: string, place: { seq: number; row: number }): Promise<RowTry[]>
  /**
   * Turns drafts into items. Looks up the words of entries and the ids of audit entries. Call it
   * only for the drafts that are shown.
   */
  complete(drafts: readonly EvidenceDraft[]): Promise<EvidenceItem[]>
}
