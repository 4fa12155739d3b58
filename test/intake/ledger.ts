import { createLedgerCsv } from '../../src/intake/formats/ledger-csv.ts'
import { createRowMarks } from '../../src/intake/rows/row-mark.ts'
import { KEY, rejected } from './taken.ts'
import type { Taken } from './taken.ts'

/** The rejected rows of a file, as the CSV that the gateway gives out as the file to fix. */
export const ledgerOf = (
  taken: Taken,
  about: { forSpreadsheet?: boolean; delimiter?: string | null; id?: string } = {},
): string => {
  const { forSpreadsheet = true, id = 'upl_0123456789ab' } = about
  const { columns, source } = taken.result
  const delimiter = about.delimiter ?? source.delimiter
  const marks = createRowMarks(KEY)
  const csv = createLedgerCsv({ id, columns, delimiter, forSpreadsheet, marks })
  const rows = rejected(taken).map(({ line, cells, more = [], ...first }) => {
    const faults = [first, ...more]
    return csv.row({ line, cells, ...first, faults, outcome: 'rejected', replacedByLine: null })
  })
  return csv.header + rows.join('')
}
