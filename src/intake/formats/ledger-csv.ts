import { rejectionReason } from '../../domain/uploads/rejection.ts'
import type { RowFault } from '../../domain/uploads/rejection.ts'
import type { UploadColumn } from '../../domain/uploads/upload.ts'
import { LEDGER_COLUMNS } from '../columns/column-names.ts'
import { guardCell } from './cell-guard.ts'

/** A row of the ledger as CSV shows it; `cells` in the order of the file's columns (`fileOrder` for staged ones). */
export type LedgerCsvRow = {
  line: number
  outcome: string
  code: string | null
  /** The column at fault. */
  column: string | null
  cells: readonly string[]
  /** Of a duplicate: the line that stays. */
  replacedByLine: number | null
  /** Genesys' own code of a row that it refused. */
  said?: string | null
  /** Of a rejected row: all of its faults. */
  faults?: readonly RowFault[]
}

export type LedgerCsv = {
  /** The file's own columns, then `_line,_outcome,_code,_reason`. */
  header: string
  /** One line. A row without cells, or with too few or too many, is brought to the file's columns, so that the file stays whole. */
  row(row: LedgerCsvRow): string
}

const NEEDS_QUOTES = /[",\r\n\t;|]|^\s|\s$/

const csvCell = (cell: string): string =>
  NEEDS_QUOTES.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell

type Reasoned = Pick<LedgerCsvRow, 'code' | 'column' | 'replacedByLine' | 'said' | 'faults'>

/** What is wrong with the row, or why it is not delivered: one fault, or of a rejected row all of them. */
export const ledgerFaults = ({
  code,
  column,
  said = null,
  faults,
}: Reasoned): readonly RowFault[] => (code === null ? [] : (faults ?? [{ code, column, said }]))

/**
 * Why a row has its outcome, in the words of its codes' pages and with the line that replaced it; "" when there is nothing to say. Each
 * fault is led by its column.
 */
export const ledgerReason = (row: Reasoned): string => {
  const reason = ledgerFaults(row).map(rejectionReason).join(' | ')
  return row.replacedByLine === null ? reason : `Line ${row.replacedByLine} stays. ${reason}`
}

/** The codes of all faults, apart by a space, which no code has. */
const ledgerCodes = (row: Reasoned): string =>
  ledgerFaults(row)
    .map(({ code }) => code)
    .join(' ')

/**
 * Writes the ledger as CSV (RFC 4180: commas, CRLF). For spreadsheets, cells that one would run as a formula get a leading `'`, which
 * intake takes off again when the file is sent back; for machines they stay as they are.
 */
export const createLedgerCsv = (
  columns: readonly Pick<UploadColumn, 'name'>[],
  forSpreadsheet: boolean,
): LedgerCsv => {
  const shown = forSpreadsheet ? (cell: string) => csvCell(guardCell(cell)) : csvCell
  const lineOf = (cells: readonly string[]): string => `${cells.map(shown).join(',')}\r\n`
  const width = columns.length
  return {
    header: lineOf([...columns.map((column) => column.name), ...LEDGER_COLUMNS]),
    row: (row) => {
      const cells = Array.from({ length: width }, (_, index) => row.cells[index] ?? '')
      return lineOf([...cells, String(row.line), row.outcome, ledgerCodes(row), ledgerReason(row)])
    },
  }
}

/** Brings the cells of staged rows (in the order of `targetColumns`) into the order of the file's columns; left-out columns are empty. */
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
