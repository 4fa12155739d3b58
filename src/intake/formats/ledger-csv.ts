import { rejectionReason } from '../../domain/uploads/rejection.ts'
import type { RowFault } from '../../domain/uploads/rejection.ts'
import type { UploadColumn } from '../../domain/uploads/upload.ts'
import { LEDGER_COLUMNS } from '../columns/column-names.ts'
import type { RowMarks } from '../rows/row-mark.ts'
import { guardCell } from './cell-guard.ts'

/**
 * A row of the ledger as CSV shows it; `cells` in the order of the file's columns (`fileOrder` for
 * staged ones).
 */
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
  /** The file's own columns, then those of `LEDGER_COLUMNS`. */
  header: string
  /**
   * One line. A row without cells, or with too few or too many, is brought to the file's columns,
   * so that the file stays whole.
   */
  row(row: LedgerCsvRow): string
}

const NEEDS_QUOTES = /[",\r\n\t;|]|^\s|\s$/

/** A cell as RFC 4180 writes it. */
export const csvCell = (cell: string): string =>
  NEEDS_QUOTES.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell

type Reasoned = Pick<LedgerCsvRow, 'code' | 'column' | 'replacedByLine' | 'said' | 'faults'>

/**
 * The faults of a row, or why it is not delivered: one fault, or all of them for a rejected row.
 */
export const ledgerFaults = ({
  code,
  column,
  said = null,
  faults,
}: Reasoned): readonly RowFault[] => (code === null ? [] : (faults ?? [{ code, column, said }]))

/**
 * Why a row has its outcome, in the words of its codes' pages and with the line that replaced it.
 * "" if there is nothing to say. Each fault begins with its column.
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
 * Writes the ledger as CSV (RFC 4180, CRLF). For spreadsheets: with a byte order mark, the file's
 * own delimiter, and a leading `'` before cells that a spreadsheet would run as a formula or read
 * as a number. Intake removes it when the file is sent back. For machines: with commas and
 * unchanged cells.
 */
export const createLedgerCsv = (upload: {
  id: string
  columns: readonly Pick<UploadColumn, 'name' | 'kind'>[]
  /** The file's own. null if it has none. */
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

/** By it a spreadsheet of any language reads UTF-8. */
const BYTE_ORDER_MARK = '\u{feff}'

/** Faults after which the id of the row is unknown. Those of the id itself begin alike. */
const WITHOUT_ID = [
  'row-ragged',
  'quote-misplaced',
  'row-not-object',
  'row-identity-changed',
  'genesys-contact-id-invalid',
]

/** Whether the row's contact id is one that it must keep. */
const hasOwnId = (row: Reasoned): boolean =>
  !ledgerFaults(row).some(({ code }) => code.startsWith('contact-id-') || WITHOUT_ID.includes(code))

/**
 * Brings the cells of staged rows (in the order of `targetColumns`) into the order of the file's
 * columns. Left-out columns are empty.
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
