import { rejectionReason } from '../domain/rejection.ts'
import type { UploadColumn } from '../domain/upload.ts'
import { guardCell } from './cell-guard.ts'
import { LEDGER_COLUMNS } from './column-names.ts'

/** A row of the ledger as CSV shows it; `cells` in the order of the file's columns (`fileOrderCells` for staged ones). */
export type LedgerCsvRow = {
  line: number
  outcome: string
  code: string | null
  /** The column at fault. */
  column: string | null
  cells: readonly string[]
}

const NEEDS_QUOTES = /[",\r\n\t;|]|^\s|\s$/

const csvCell = (cell: string): string => {
  const guarded = guardCell(cell)
  return NEEDS_QUOTES.test(guarded) ? `"${guarded.replaceAll('"', '""')}"` : guarded
}

const csvLine = (cells: readonly string[]): string => `${cells.map(csvCell).join(',')}\r\n`

/** The header line of the ledger: the file's own columns, then `_line,_outcome,_code,_reason`. Commas, CRLF. */
export const ledgerCsvHeader = (columns: readonly Pick<UploadColumn, 'name'>[]): string =>
  csvLine([...columns.map((column) => column.name), ...LEDGER_COLUMNS])

/**
 * One line of the ledger. Cells that a spreadsheet would run as a formula get a leading `'`, which intake takes off again when the file is
 * sent back. A row without cells, or with too few or too many, is brought to `width` columns (the file's), so that the file stays whole.
 */
export const ledgerCsvRow = (row: LedgerCsvRow, width: number): string => {
  const cells = Array.from({ length: width }, (_, index) => row.cells[index] ?? '')
  const reason = row.code === null ? '' : rejectionReason(row.code, row.column)
  return csvLine([...cells, String(row.line), row.outcome, row.code ?? '', reason])
}

/** The cells of a staged row (in the order of `targetColumns`) in the order of the file's columns; left-out columns are empty. */
export const fileOrderCells = (
  columns: readonly UploadColumn[],
  targetColumns: readonly string[],
  contactId: string,
  cells: readonly string[],
): string[] =>
  columns.map((column) => {
    if (column.kind === 'contactId') return contactId
    return column.mappedTo === null ? '' : (cells[targetColumns.indexOf(column.mappedTo)] ?? '')
  })
