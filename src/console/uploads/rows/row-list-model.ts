import { ROW_OUTCOMES, type RowOutcome, type Upload } from '../../../domain/uploads/upload.ts'
import { ledgerFaults } from '../../../intake/formats/ledger-csv.ts'
import type { LedgerRow } from '../../../workflows/ports/uploads/uploads.ts'
import type { RowsSearched } from '../../../workflows/uploads/watch/search-rows.ts'
import { inFileOrder } from '../../../workflows/uploads/watch/write-ledger.ts'
import { ENGLISH } from '../../texts/texts.ts'
import { type CodeWords, rowCodeWords } from '../upload-words.ts'
import { maskedCell, shownCell } from './masked-cells.ts'

/** The filter of the list of rows, as the URL contains it. */
export type RowFilter = {
  outcome?: RowOutcome | undefined
  code?: string | undefined
  from?: number | undefined
  to?: number | undefined
}

type ShownFault = { words: CodeWords; column: string | null; cell: string | null }

const cellOf = (upload: Upload, cells: readonly string[], column: string | null): string | null => {
  const at = upload.columns.findIndex(({ name }) => name === column)
  return at < 0 ? null : (cells[at] ?? '')
}

const lineOf = (upload: Upload, show: (cell: string) => string) => {
  const ordered = inFileOrder(upload)
  return (found: LedgerRow) => {
    const row = ordered(found)
    const faults = ledgerFaults(row).map(({ code, column }): ShownFault => {
      const cell = cellOf(upload, row.cells, column)
      return { words: rowCodeWords(code), column, cell: cell === null ? null : show(cell) }
    })
    return {
      line: row.line,
      href: rowsLink(upload.id, { from: row.line, to: row.line }),
      outcome: ENGLISH.rows.outcomes[row.outcome as RowOutcome] ?? row.outcome,
      contactId: row.contactId,
      replacedBy: row.replacedByLine,
      faults,
      cells: upload.columns.map(({ name }, at) => ({ name, value: show(row.cells[at] ?? '') })),
    }
  }
}

/**
 * The path of the list of rows, with the filter in its query. `after`: the list begins after this
 * line. Default: it begins with the first row.
 */
export const rowsLink = (uploadId: string, filter: RowFilter, after?: number): string => {
  const given = Object.entries({ ...filter, after }).filter(([, value]) => value !== undefined)
  const query = new URLSearchParams(
    given.map(([name, value]): [string, string] => [name, String(value)]),
  ).toString()
  return `/console/uploads/${uploadId}/rows${query === '' ? '' : `?${query}`}`
}

/** Rows of an upload: the outcome of each, and its cells, masked unless `revealed`. */
export const rowListModel = (
  upload: Upload,
  found: RowsSearched,
  asked: { filter: RowFilter; after: number; contactId?: string; revealed: boolean },
) => {
  const { filter, after, contactId = null, revealed } = asked
  const line = lineOf(upload, revealed ? shownCell : maskedCell)
  const lines = found.rows.map(line)
  const isFiltered = Object.values(filter).some((value) => value !== undefined)
  return {
    uploadId: upload.id,
    name: upload.source.fileName ?? upload.id,
    rejected: upload.counts.rejected,
    filter,
    isFiltered: isFiltered || contactId !== null,
    ...{ after, contactId, revealed },
    outcomes: ROW_OUTCOMES.map((outcome) => ({ outcome, label: ENGLISH.rows.outcomes[outcome] })),
    codes: Object.keys(upload.rejections).toSorted(),
    lines,
    /** Whether the page has only one row. It then has room for all cells of this row. */
    single: lines.length === 1,
    cutShort: found.cutShort,
    first: after > 0 ? rowsLink(upload.id, filter) : null,
    next: found.nextLine === null ? null : rowsLink(upload.id, filter, found.nextLine),
  }
}
