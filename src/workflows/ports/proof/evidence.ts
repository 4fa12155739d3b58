import type { EvidenceItem } from '../../../domain/proof/evidence.ts'

export type EvidenceSubject = { kind: 'phone' | 'email'; value: string }

/** An item before its expensive look-ups. */
export type EvidenceDraft = Omit<EvidenceItem, 'auditEntryId'> & {
  /**
   * The audit entry that was written with it, by any of these objects and actions, near to its
   * time.
   */
  trail: { objects: readonly string[]; actions: readonly string[] } | null
  /** Where what an entry says in words lies. */
  words?: { submissionId: string; seq: number; place: number }
}

/** An upload that may hold the person. `chunks` of it are read. */
export type WalkedUpload = {
  id: string
  contactListId: string
  createdAt: string
  checkedAt: string
  /** When it ended; else when it last changed. */
  settledAt: string
  chunks: number
  /** false: its rows are past their retention. */
  rowsKept: boolean
}

/** A row about the person. `cells`: only the cells of a rejected row show it. */
export type FoundRow = {
  uploadId: string
  line: number
  match: 'digest' | 'cells'
  /** Of an accepted row. */
  place: { seq: number; row: number } | null
}

/** A request that carried a row. */
export type RowTry = {
  requestId: string
  batchId: string
  tries: number
  lastTriedAt: string | null
  jobId: string | null
  /** When it was settled with the row in it. */
  settledAt: string | null
}

export type EvidenceStore = {
  /**
   * Entries, removals, retractions, editions and erasures; of any time, in any order. Stamps are
   * ISO 8601 UTC.
   */
  decisions(input: {
    tenantId: string
    subject: EvidenceSubject
    from: string
    to: string
  }): Promise<EvidenceDraft[]>
  /**
   * The next uploads of the tenant behind an id that were not over before `from`, in the order of
   * their ids, at most `limit`.
   */
  uploadsBehind(input: {
    tenantId: string
    after: string
    from: string
    to: string
    limit: number
  }): Promise<WalkedUpload[]>
  /**
   * Rows of these uploads that are the person. `opened`: chunks that had to be opened for it;
   * `goneIds`: uploads whose rows were deleted while they were looked at.
   */
  rowsOf(
    uploadIds: readonly string[],
    subject: EvidenceSubject,
  ): Promise<{ rows: FoundRow[]; opened: number; goneIds: ReadonlySet<string> }>
  triesOf(uploadId: string, place: { seq: number; row: number }): Promise<RowTry[]>
  /** What is looked up of the drafts that are shown: words and audit entries. */
  complete(drafts: readonly EvidenceDraft[]): Promise<EvidenceItem[]>
}
