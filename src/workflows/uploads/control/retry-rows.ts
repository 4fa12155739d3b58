import { numberOfSubject, subjectOf } from '../../../domain/do-not-call/subject.ts'
import { type NewChunk, textOfCells } from '../../../domain/uploads/chunk.ts'
import { subjectColumns } from '../../../domain/uploads/subject-columns.ts'
import type { Upload } from '../../../domain/uploads/upload.ts'
import { createDigestBatch } from '../../../lib/keyed-digest.ts'
import type { LedgerRow, UploadStore } from '../../ports/uploads/uploads.ts'

/**
 * The outcomes whose rows a caller may send again. `differing`: all delivered rows, if the
 * reconciliation found differences.
 */
export const RETRY_OUTCOMES = ['failed', 'unprocessed', 'differing'] as const
export type RetryOutcome = (typeof RETRY_OUTCOMES)[number]

const ledgerOutcome = (outcome: RetryOutcome) => (outcome === 'differing' ? 'delivered' : outcome)

/** How many rows of the upload have the outcome. */
export const retriable = ({ counts, reconciliation }: Upload, outcome: RetryOutcome): number =>
  outcome === 'differing' && reconciliation?.state !== 'differs'
    ? 0
    : counts[ledgerOutcome(outcome)]

/**
 * The most UTF-16 units of text in a chunk, so that a chunk always fits into memory and into a
 * statement. Intake has the same limit, but counts the text of accepted rows in bytes.
 */
const CHUNK_CHARS = 2_000_000

export type RetryDeps = {
  uploads: Pick<UploadStore, 'ledger'>
  /** The most rows of a chunk. */
  batchRows: number
  digestKey: Buffer
}

const charsOf = ({ cells }: LedgerRow): number => cells.reduce((sum, { length }) => sum + length, 0)

/** Divides the rows into runs, each of which becomes a chunk. */
const runsOf = (rows: readonly LedgerRow[]): LedgerRow[][] => {
  const runs: LedgerRow[][] = []
  let chars = Number.POSITIVE_INFINITY
  for (const row of rows) {
    const more = charsOf(row)
    if (chars + more > CHUNK_CHARS) {
      runs.push([])
      chars = 0
    }
    runs.at(-1)!.push(row)
    chars += more
  }
  return runs
}

/**
 * Yields those staged rows of an ended upload that have one of the outcomes, as chunks of a new
 * upload. Reads a page at a time. The rows keep their line numbers, because the new ledger refers
 * to the same file.
 */
export async function* retriedChunks(
  deps: RetryDeps,
  parent: Upload,
  outcomes: readonly RetryOutcome[],
): AsyncGenerator<NewChunk> {
  const subjects = subjectColumns(parent)
  const ids = createDigestBatch(deps.digestKey)
  const digests = createDigestBatch(deps.digestKey)
  const width = parent.targetColumns.length
  let seq = 0
  const chunkOf = (rows: readonly LedgerRow[]): NewChunk => {
    const contactIds = rows.map(({ contactId }) => contactId!)
    const cells = rows.flatMap((row) => row.cells)
    for (const id of contactIds) ids.add(id)
    const subjectRows: number[] = []
    const numbers: number[] = []
    for (const [index, row] of rows.entries()) {
      for (const at of subjects) {
        if (!row.cells[at]) continue
        digests.add(subjectOf(row.cells[at]))
        numbers.push(numberOfSubject(row.cells[at]))
        subjectRows.push(index)
      }
    }
    return {
      seq: seq++,
      firstLine: rows[0]!.line,
      lastLine: rows.at(-1)!.line,
      width,
      lines: Uint32Array.from(rows, ({ line }) => line),
      text: textOfCells({ width, contactIds, cells }),
      rejected: [],
      blank: 0,
      idDigests: ids.take(),
      subjectDigests: digests.take(),
      subjectRows: Uint16Array.from(subjectRows),
      subjectNumbers: Float64Array.from(numbers),
    }
  }
  for (let after: number | null = 0; after !== null;) {
    const query = { outcomes: outcomes.map(ledgerOutcome), afterLine: after, limit: deps.batchRows }
    const page = await deps.uploads.ledger(parent.id, query)
    // Rows of erased persons have no contact id and are not sent again.
    const rows = page.rows.filter(({ contactId }) => contactId !== null)
    for (const run of runsOf(rows)) yield chunkOf(run)
    after = page.nextLine
  }
}
