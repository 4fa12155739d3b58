import { rejectionReason } from '../../domain/uploads/rejection.ts'
import type { RowFault } from '../../domain/uploads/rejection.ts'
import type { UploadColumn } from '../../domain/uploads/upload.ts'
import { LEDGER_COLUMNS } from '../columns/column-names.ts'
import type { RowMarks } from '../rows/row-mark.ts'
import { guardCell } from './cell-guard.ts'

/**
 * A row of the ledger. `cells` are in the order of the file's columns. `fileOrder` brings the cells
 * of staged rows into that order.
 */
export type LedgerCsvRow = {
  line: number
  outcome: string
  code: string | null
  /** The column of the fault. */
  column: string | null
  cells: readonly string[]
  /** For a duplicate: the line of the row that replaced it. */
  replacedByLine: number | null
  /** The code that Genesys gave for a row that it refused. */
  said?: string | null
  /** For a rejected row: all of its faults. */
  faults?: readonly RowFault[]
}

export type LedgerCsv = {
  /** The names of the file's columns, followed by the names of `LEDGER_COLUMNS`. */
  header: string
  /**
   * Writes one line: exactly one cell for each column of the file, and then the columns of the
   * ledger. Missing cells are empty, and excess cells are left out. Otherwise a spreadsheet would
   * show the columns of the ledger in the wrong place.
   */
  row(row: LedgerCsvRow): string
}

const NEEDS_QUOTES = /[",\r\n\t;|]|^\s|\s$/

/** Writes a cell as RFC 4180 requires. */
export const csvCell = (cell: string): string =>
  NEEDS_QUOTES.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell

type Reasoned = Pick<LedgerCsvRow, 'code' | 'column' | 'replacedByLine' | 'said' | 'faults'>

/**
 * The faults of a row. There are none if its `code` is null. Only a rejected row can have more than
 * one.
 */
export const ledgerFaults = ({
  code,
  column,
  said = null,
  faults,
}: Reasoned): readonly RowFault[] => (code === null ? [] : (faults ?? [{ code, column, said }]))

/**
 * Why a row has its outcome. If another line replaced the row, the text names that line first. Each
 * fault then follows with its column and the sentence from its code's page. "": no line replaced
 * the row, and the row has no fault.
 */
export const ledgerReason = (row: Reasoned): string => {
  const reason = ledgerFaults(row).map(rejectionReason).join(' | ')
  return row.replacedByLine === null ? reason : `Line ${row.replacedByLine} stays. ${reason}`
}

/** The codes of all faults, separated by spaces. No code contains a space. */
const ledgerCodes = (row: Reasoned): string =>
  ledgerFaults(row)
    .map(({ code }) => code)
    .join(' ')

/**
 * Writes the ledger as CSV (RFC 4180, CRLF). `forSpreadsheet` adds a byte order mark and uses the
 * file's delimiter. It also puts `'` before cells that a spreadsheet would run as a formula or may
 * save in another form, and before cells that begin with `'` (`guardCell`). Intake removes the `'`
 * when the file is sent back. Without `forSpreadsheet`, the delimiter is a comma and the cells are
 * unchanged.
 */
export const createLedgerCsv = (upload: {
  id: string
  columns: readonly Pick<UploadColumn, 'name' | 'kind'>[]
  /** The delimiter of the uploaded file. null: the file was JSON. */
  delimiter: string | null
  forSpreadsheet: boolean
  marks: RowMarks
}): LedgerCsv => {
  const { id, columns, forSpreadsheet, marks } = upload
  const shown = forSpreadsheet ? (cell: string) => csvCell(guardCell(cell)) : csvCell
  const delimiter = forSpreadsheet ? (upload.delimiter ?? ',') : ','
  const lineOf = (cells: readonly string[]): string => `${cells.map(shown).join(delimiter)}\r\n`
  const width = columns.length
  const idAt = columns.findIndex(({ kind }) => kind === 'contactId')
  return {
    header: `${forSpreadsheet ? BYTE_ORDER_MARK : ''}${lineOf([...columns.map((column) => column.name), ...LEDGER_COLUMNS])}`,
    row: (row) => {
      const { line } = row
      const cells = Array.from({ length: width }, (_, index) => row.cells[index] ?? '')
      const contactId = hasOwnId(row) ? (cells[idAt] ?? null) : null
      const mark = marks.markOf({ uploadId: id, line, contactId })
      const about = [String(line), row.outcome, ledgerCodes(row), ledgerReason(row), mark]
      return lineOf([...cells, ...about])
    },
  }
}

/** With this mark, spreadsheets in every language read the file as UTF-8. */
const BYTE_ORDER_MARK = '\u{feff}'

/**
 * The faults of rows whose contact id is not known or is wrong. Faults that intake finds in the id
 * itself are not listed here, because their codes all begin with `contact-id-`.
 */
const WITHOUT_ID = [
  'row-ragged',
  'quote-misplaced',
  'row-not-object',
  'row-identity-changed',
  'genesys-contact-id-invalid',
]

/** Whether the row's contact id is known and valid. A corrected row must then keep it. */
const hasOwnId = (row: Reasoned): boolean =>
  !ledgerFaults(row).some(({ code }) => code.startsWith('contact-id-') || WITHOUT_ID.includes(code))

/**
 * Brings the cells of staged rows from the order of `targetColumns` into the order of the file's
 * columns. Cells of columns that were left out are empty.
 */
export const fileOrder = (
  columns: readonly UploadColumn[],
  targetColumns: readonly string[],
): ((contactId: string, cells: readonly string[]) => string[]) => {
  const places = columns.map(({ mappedTo }) =>
    mappedTo === null ? -1 : targetColumns.indexOf(mappedTo),
  )
  return (contactId, cells) =>
    columns.map((column, index) =>
      column.kind === 'contactId' ? contactId : (cells[places[index]!] ?? ''),
    )
}
