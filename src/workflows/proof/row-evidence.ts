import type { EvidenceAbout, EvidenceCode } from '../../domain/proof/evidence.ts'
import type {
  EvidenceDraft,
  EvidenceStore,
  FoundRow,
  RowTry,
  WalkedUpload,
} from '../ports/proof/evidence.ts'
import { ifKept, type LedgerRow, type UploadStore } from '../ports/uploads/uploads.ts'

type LedgerReader = ReturnType<typeof createLedgerReader>
type Deps = { evidence: Pick<EvidenceStore, 'triesOf'>; uploads: Pick<UploadStore, 'ledger'> }

/** The outcomes that a row already had when its file had been received. */
const AT_INTAKE: Record<string, EvidenceCode> = {
  rejected: 'row-rejected',
  duplicate: 'row-duplicate',
  suppressed: 'row-suppressed',
}
const AT_END: Record<string, EvidenceCode> = {
  delivered: 'row-delivered',
  unchanged: 'row-unchanged',
  failed: 'row-failed',
  unprocessed: 'row-unprocessed',
}

/**
 * Three things together: a row that is about the person (`found`), the upload that contained it,
 * and the row's entry in the ledger.
 */
type Row = { upload: WalkedUpload; found: FoundRow; ledger: LedgerRow }

const placeOf = ({ upload, found, ledger }: Row): EvidenceAbout => ({
  ...{ contactListId: upload.contactListId, line: found.line, contactId: ledger.contactId },
})

const intakeOf = (row: Row): EvidenceDraft => {
  const { upload, found, ledger } = row
  const code = AT_INTAKE[ledger.outcome]
  return {
    at: upload.checkedAt,
    code: code ?? 'row-accepted',
    id: upload.id,
    about: {
      ...placeOf(row),
      ...(code !== undefined && { code: ledger.code }),
      ...(code === 'row-duplicate' && { replacedByLine: ledger.replacedByLine }),
      ...(code === 'row-suppressed' && { suppressedBy: ledger.suppressedBy ?? null }),
      ...(code === 'row-rejected' && { match: found.match }),
    },
    trail: { objects: [upload.id], actions: ['upload.accepted'] },
  }
}

const triedOf = (row: Row, { requestId, batchId, tries, lastTriedAt, jobId }: RowTry) =>
  lastTriedAt === null || tries === 0
    ? []
    : [
        {
          ...{ at: lastTriedAt, code: 'row-tried' as const, id: row.upload.id },
          about: { ...placeOf(row), requestId, tries, jobId },
          trail: { objects: [batchId, requestId], actions: ['upload.batch.intended'] },
        },
      ]

/**
 * The end of a row. If no request with the row was settled, for example because the row was not
 * sent, the time of its end is not stored. The evidence then gives the time at which the upload
 * ended or, if it has not ended, last changed (`timeOf`: upload).
 */
const endOf = (row: Row, tries: readonly RowTry[]): EvidenceDraft[] => {
  const { upload, ledger } = row
  const code = AT_END[ledger.outcome]
  if (code === undefined) return []
  const settled = tries.find(({ settledAt }) => settledAt !== null)
  const objects = settled === undefined ? [upload.id] : [settled.batchId, settled.requestId]
  return [
    {
      at: settled?.settledAt ?? upload.settledAt,
      code,
      id: upload.id,
      about: {
        ...placeOf(row),
        code: ledger.code,
        ...(ledger.suppressedBy !== undefined && { suppressedBy: ledger.suppressedBy }),
        timeOf: settled === undefined ? 'upload' : 'request',
      },
      trail: { objects, actions: ['upload.batch.settled', 'upload.finished'] },
    },
  ]
}

/**
 * How many rows of the ledger are read at a time. A file may have the person in each of its lines,
 * and each reading opens a chunk.
 */
const ROWS_AT_ONCE = 500

/** Reads rows of ledgers. The lines of an upload must ascend. */
export const createLedgerReader = ({ uploads }: Pick<Deps, 'uploads'>) => {
  let read: { uploadId: string; last: number; rows: Map<number, LedgerRow> } | null = null
  return async ({ uploadId, line }: FoundRow): Promise<LedgerRow | undefined> => {
    if (read?.uploadId !== uploadId || read.last < line) {
      const asked = { outcomes: [], afterLine: line - 1, limit: ROWS_AT_ONCE }
      const rows = (await ifKept(uploads.ledger(uploadId, asked)))?.rows ?? []
      const byLine = new Map(rows.map((row) => [row.line, row]))
      read = { uploadId, last: rows.at(-1)?.line ?? line, rows: byLine }
    }
    return read.rows.get(line)
  }
}

/**
 * The history of one row about the person: its intake, its tries and its end. Empty: the ledger no
 * longer has the row.
 */
export const draftsOfRow = async (
  { evidence, ledgerOf }: Pick<Deps, 'evidence'> & { ledgerOf: LedgerReader },
  upload: WalkedUpload,
  found: FoundRow,
): Promise<EvidenceDraft[]> => {
  const ledger = await ledgerOf(found)
  if (ledger === undefined) return []
  const row = { upload, found, ledger }
  const tries = found.place === null ? [] : await evidence.triesOf(upload.id, found.place)
  return [intakeOf(row), ...tries.flatMap((one) => triedOf(row, one)), ...endOf(row, tries)]
}
