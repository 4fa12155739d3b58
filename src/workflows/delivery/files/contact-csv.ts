/**
 * Cells that must be quoted. RFC 4180 requires quotes for cells with quotes, commas or line breaks.
 * Cells with blanks at the ends or with U+FEFF are quoted too, because some readers trim blanks or
 * remove U+FEFF as a byte order mark.
 */
const QUOTED = /[",\r\n\ufeff]|^\s|\s$/

const csvCell = (cell: string): string =>
  QUOTED.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell

/**
 * Separates records. The last record has no line break, because Genesys refuses a file with a blank
 * row at its end (help page "CSV files").
 */
export const CSV_LINE_BREAK = '\r\n'

/**
 * One record of RFC 4180, without its line break. A reader gets back exactly these cells. An empty
 * cell stays empty.
 */
export const csvRecord = (cells: readonly string[]): string => {
  // A record of one empty cell would be a blank line, which readers skip.
  if (cells.length === 1 && cells[0] === '') return '""'
  let record = ''
  for (let at = 0; at < cells.length; at += 1) {
    record += at === 0 ? csvCell(cells[at]!) : `,${csvCell(cells[at]!)}`
  }
  return record
}
