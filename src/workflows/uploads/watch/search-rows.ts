import type { RowOutcome, Upload } from '../../../domain/uploads/upload.ts'
import type { ExplainStore } from '../../ports/uploads/explain.ts'
import type { LedgerRow, UploadStore } from '../../ports/uploads/uploads.ts'

/**
 * The most rows and chunks that one call reads, so that no call is slow however large the upload
 * is.
 */
const MOST_ROWS = 20_000
const MOST_CHUNKS = 40
/** The most rows of one contact, and the most of its rejected rows. */
const MOST_OF_CONTACT = 50

export type RowsSearched = {
  rows: LedgerRow[]
  /** The line after which the next page begins. null: there is no next page. */
  nextLine: number | null
  /**
   * True if the call ended because it had read as much as one call may. The page may then not be
   * full.
   */
  cutShort: boolean
}

export type SearchRows = {
  /**
   * Returns rows in input order, after `afterLine`. `code`: only rows that have this code, even if
   * it is one of several faults.
   */
  list(
    upload: Upload,
    query: {
      outcome: RowOutcome | null
      code: string | null
      afterLine: number
      toLine: number | null
      limit: number
    },
  ): Promise<RowsSearched>
  /**
   * Returns the rows of one contact: the last 50. Rejected rows have no contact id. They are found
   * by the text in their contact id column, at most 50 of them.
   */
  ofContact(upload: Upload, contactId: string): Promise<RowsSearched>
}

type Deps = {
  uploads: Pick<UploadStore, 'ledger' | 'ledgerRows'>
  explain: Pick<ExplainStore, 'linesOf'>
}

const hasCode = ({ code, faults }: LedgerRow, wanted: string): boolean =>
  code === wanted || (faults ?? []).some((fault) => fault.code === wanted)

/**
 * Reads rows until `limit` rows match, or until it has read `MOST_ROWS` rows or `MOST_CHUNKS`
 * chunks.
 */
const scan = async (
  rows: AsyncIterable<LedgerRow[]>,
  fits: (row: LedgerRow) => boolean,
  limit: number,
): Promise<RowsSearched> => {
  const found: LedgerRow[] = []
  let looked = 0
  let chunks = 0
  let last = 0
  for await (const more of rows) {
    chunks += 1
    for (const row of more) {
      looked += 1
      if (fits(row)) {
        if (found.length === limit) return { rows: found, nextLine: last, cutShort: false }
        found.push(row)
      }
      last = row.line
    }
    if (looked >= MOST_ROWS || chunks >= MOST_CHUNKS) {
      return { rows: found, nextLine: last, cutShort: true }
    }
  }
  return { rows: found, nextLine: null, cutShort: false }
}

async function* upTo(
  rows: AsyncIterable<LedgerRow[]>,
  toLine: number | null,
): AsyncGenerator<LedgerRow[]> {
  for await (const more of rows) {
    const last = more.at(-1)?.line ?? 0
    if (toLine === null || last <= toLine) yield more
    else {
      yield more.filter(({ line }) => line <= toLine)
      return
    }
  }
}

/** If only rejected rows can have the code, chunks without rejected rows are not opened. */
const outcomesOf = (upload: Upload, outcome: RowOutcome | null, code: string | null) => {
  if (outcome !== null) return [outcome]
  return code !== null && Object.hasOwn(upload.rejections, code) ? ['rejected'] : []
}

/** Searches the ledger of an upload, a page at a time. */
export const createSearchRows = ({ uploads, explain }: Deps): SearchRows => ({
  list: async (upload, { outcome, code, afterLine, toLine, limit }) => {
    const outcomes = outcomesOf(upload, outcome, code)
    const rows = uploads.ledgerRows(upload.id, { outcomes, afterLine })
    const fits = (row: LedgerRow): boolean => code === null || hasCode(row, code)
    return scan(upTo(rows, toLine), fits, limit)
  },
  ofContact: async (upload, contactId) => {
    const all = await explain.linesOf(upload.id, contactId, MOST_OF_CONTACT + 1)
    const lines = all.slice(-MOST_OF_CONTACT)
    const rows: LedgerRow[] = []
    for (const line of lines) {
      const asked = { outcomes: [], afterLine: line - 1, limit: 1 }
      rows.push(...(await uploads.ledger(upload.id, asked)).rows)
    }
    const idAt = upload.columns.findIndex(({ kind }) => kind === 'contactId')
    const rejected = uploads.ledgerRows(upload.id, { outcomes: ['rejected'], afterLine: 0 })
    const found = await scan(
      rejected,
      ({ cells }) => cells[idAt]?.trim() === contactId,
      MOST_OF_CONTACT,
    )
    const sorted = [...rows, ...found.rows].toSorted((a, b) => a.line - b.line)
    const cutShort = found.cutShort || all.length > lines.length
    return { rows: sorted, nextLine: null, cutShort }
  },
})
