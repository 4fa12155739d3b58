import type { Caller } from '../../../domain/access/access.ts'
import type { SuppressionShown } from '../../../domain/do-not-call/suppression.ts'
import { GatewayProblem } from '../../../domain/problems/problem.ts'
import type { Refusing } from '../../../domain/problems/refusing.ts'
import { rejectionReason } from '../../../domain/uploads/rejection.ts'
import type { Upload, UploadColumn, UploadState } from '../../../domain/uploads/upload.ts'
import type { ExplainStore, RegisterEntry, RowRequest } from '../../ports/uploads/explain.ts'
import { ifKept, type LedgerRow, type UploadStore } from '../../ports/uploads/uploads.ts'
import type { EXPLAIN_REFUSALS } from '../refusals.ts'

/**
 * How many uploads are searched for one page. The search reads the digests of all their rows, 16
 * bytes a row.
 */
const UPLOADS_A_PAGE = 20
/** The most rows on a page. A file may have one contact in each of its lines, a million times. */
const ROWS_A_PAGE = 100

/** A row of an upload that has this contact, and what was decided about it. */
export type ContactDecision = {
  uploadId: string
  uploadState: UploadState
  mode: Upload['mode']
  duplicates: Upload['duplicates']
  acceptedAt: string
  completedAt: string | null
  line: number
  outcome: string
  code: string | null
  /**
   * Why the row has its code, as a sentence. If a later overwrite of the list removed the contact,
   * another sentence says so. null: neither applies.
   */
  reason: string | null
  /** The version of the list's schema against which the row was checked. */
  schemaVersion: string
  columns: UploadColumn[]
  /**
   * The time at which a later upload overwrote the list and so removed this row's contact. ISO 8601
   * UTC. null if no later upload did, or if the row is neither `delivered` nor `unchanged`.
   */
  removedAt: string | null
  /**
   * The upload that delivered newer content of the contact. null: the register knows no such
   * upload.
   */
  supersededBy: string | null
  /** For a suppressed row: the entry or the edition that suppresses the contact. */
  suppressedBy: SuppressionShown | null
  /** The requests that carried the row, the newest try first. */
  requests: RowRequest[]
}

export type ContactExplained = {
  contactListId: string
  contactId: string
  register: Omit<RegisterEntry, 'acceptedSeq'> | null
  items: ContactDecision[]
  next: string | null
}

export type ExplainContact = Refusing<
  (typeof EXPLAIN_REFUSALS)[number],
  (input: {
    caller: Caller
    contactListId: string
    contactId: string
    cursor: string | null
  }) => Promise<ContactExplained>
>

/**
 * Every decision about one contact, the newest upload first. Rejected rows have no contact id and
 * are not found. Each page searches 20 uploads and has at most 100 rows. It may be empty even if
 * more pages follow. Throws `contact-unknown` if the first page is also the last, and neither the
 * register nor an upload has the contact. Throws `parameter-invalid` if the cursor cannot be read.
 */
export const createExplainContact =
  (deps: { explain: ExplainStore; uploads: Pick<UploadStore, 'ledger'> }): ExplainContact =>
  async ({ caller: { tenantId }, contactListId, contactId, cursor }) => {
    const entry = await deps.explain.registerEntry(tenantId, contactListId, contactId)
    const page = await deps.explain.uploadsOf({
      tenantId,
      contactListId,
      contactId,
      scan: UPLOADS_A_PAGE,
      rows: ROWS_A_PAGE,
      cursor,
    })
    if (page === null) {
      const parameters = ['cursor']
      throw new GatewayProblem('parameter-invalid', 'The cursor cannot be read.', { parameters })
    }
    const cleared = await deps.explain.lastCleared(contactListId)
    const items: ContactDecision[] = []
    for (const { upload, lines } of page.items) {
      for (const line of lines.toReversed()) {
        const decision = await decisionOf(deps, upload, line, { entry, cleared })
        if (decision !== null) items.push(decision)
      }
    }
    if (items.length === 0 && page.next === null && cursor === null && entry === null) {
      throw new GatewayProblem('contact-unknown', 'No upload to this list has this contact.')
    }
    return { contactListId, contactId, register: shownEntry(entry), items, next: page.next }
  }

const shownEntry = (entry: RegisterEntry | null): ContactExplained['register'] => {
  if (entry === null) return null
  const { uploadId, line, deliveredAt, inDoubt } = entry
  return { uploadId, line, deliveredAt, inDoubt }
}

/** The contact's current entry in the register, and the last time that its list was overwritten. */
type Since = { entry: RegisterEntry | null; cleared: { acceptedSeq: number; at: string } | null }

/** Why the row has its code and, if `removedAt` is not null, that the contact was removed. */
const reasonOf = (row: LedgerRow | undefined, removedAt: string | null): string | null => {
  const then = row?.code ? rejectionReason({ ...row, code: row.code }) : null
  if (removedAt === null) return then
  const since = `The list was overwritten at ${removedAt}. This removed the contact.`
  return then === null ? since : `${then} ${since}`
}

const removedAtOf = (
  upload: Upload,
  row: LedgerRow | undefined,
  cleared: Since['cleared'],
): string | null => {
  const leftThere = row?.outcome === 'delivered' || row?.outcome === 'unchanged'
  const removed = cleared !== null && cleared.acceptedSeq > (upload.acceptedSeq ?? 0)
  return leftThere && removed ? cleared.at : null
}

/**
 * A register entry of the same upload supersedes nothing. The entry's `acceptedSeq` may be higher
 * than the upload's, because it also grows when a later upload confirms the content.
 */
const supersededBy = (
  upload: Upload,
  row: LedgerRow | undefined,
  entry: RegisterEntry | null,
): string | null => {
  if (entry === null || entry.uploadId === upload.id) return null
  // Retries of one upload are equally old, and the first that delivers a contact supersedes others.
  const oldest = (upload.contentSeq ?? 0) + (row?.code === 'superseded' ? 0 : 1)
  return entry.acceptedSeq >= oldest ? entry.uploadId : null
}

/**
 * The decision about one row. null: the rows of the upload were deleted since the upload was found.
 */
const decisionOf = async (
  { uploads, explain }: { uploads: Pick<UploadStore, 'ledger'>; explain: ExplainStore },
  upload: Upload,
  line: number,
  { entry, cleared }: Since,
): Promise<ContactDecision | null> => {
  const asked = { outcomes: [], afterLine: line - 1, limit: 1 }
  const page = await ifKept(uploads.ledger(upload.id, asked))
  if (page === null) return null
  const row = page.rows.find((candidate) => candidate.line === line)
  const removedAt = removedAtOf(upload, row, cleared)
  return {
    uploadId: upload.id,
    uploadState: upload.state,
    mode: upload.mode,
    duplicates: upload.duplicates,
    acceptedAt: upload.createdAt,
    completedAt: upload.completedAt,
    line,
    outcome: row?.outcome ?? 'accepted',
    code: row?.code ?? null,
    reason: reasonOf(row, removedAt),
    schemaVersion: upload.schemaVersion,
    columns: upload.columns,
    removedAt,
    supersededBy: supersededBy(upload, row, entry),
    suppressedBy: row?.suppressedBy ?? null,
    requests: await explain.requestsOf(upload.id, line),
  }
}
