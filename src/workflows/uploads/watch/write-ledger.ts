import type { RowOutcome, Upload } from '../../../domain/uploads/upload.ts'
import { createLedgerCsv, fileOrder } from '../../../intake/formats/ledger-csv.ts'
import type { RowMarks } from '../../../intake/rows/row-mark.ts'
import type { LedgerRow, UploadStore } from '../../ports/uploads/uploads.ts'

/**
 * How many rows are converted to text at a time while a CSV streams to a reader. If the reader is
 * slow, the text of only a few rows is then in memory.
 */
const ROWS_AT_ONCE = 500

/**
 * Puts a row's cells into the order of the file's columns. Rejected rows already have that order.
 */
export const inFileOrder = (
  upload: Pick<Upload, 'columns' | 'targetColumns'>,
): ((row: LedgerRow) => LedgerRow) => {
  const order = fileOrder(upload.columns, upload.targetColumns)
  return (row) =>
    row.contactId === null ? row : { ...row, cells: order(row.contactId, row.cells) }
}

export type WrittenLedger = {
  outcomes: readonly RowOutcome[]
  afterLine: number
  forSpreadsheet: boolean
}

/**
 * The ledger as CSV, after line `afterLine`. Produces text only as fast as the reader takes it. If
 * the reader stops, the scan ends. Resolves when the first rows were read, so that an error before
 * that can still be sent as the answer. Rejects with `StagingLost` if the rows are gone. A read
 * that began before the end of the retention has one more hour to end.
 */
export const writeLedger = async (
  deps: { uploads: Pick<UploadStore, 'ledgerRows'>; rowMarks: RowMarks },
  upload: Upload,
  { outcomes, afterLine, forSpreadsheet }: WrittenLedger,
): Promise<AsyncGenerator<string>> => {
  const scan = deps.uploads.ledgerRows(upload.id, { outcomes, afterLine })
  const first = await scan.next()
  const csv = createLedgerCsv({
    id: upload.id,
    columns: upload.columns,
    delimiter: upload.source.delimiter,
    forSpreadsheet,
    marks: deps.rowMarks,
  })
  const ordered = inFileOrder(upload)
  const text = async function* (): AsyncGenerator<string> {
    try {
      yield csv.header
      for (let found = first; found.done !== true; found = await scan.next()) {
        for (let from = 0; from < found.value.length; from += ROWS_AT_ONCE) {
          const rows = found.value.slice(from, from + ROWS_AT_ONCE)
          yield rows.map((row) => csv.row(ordered(row))).join('')
        }
      }
    } finally {
      await scan.return(undefined)
    }
  }
  return text()
}
