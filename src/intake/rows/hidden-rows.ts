import { CARRIAGE_RETURN, LINE_FEED } from '../formats/csv-record.ts'
import type { CsvRecord } from '../formats/csv-record.ts'

/**
 * The check for hidden rows applies only to files with at least this many columns. With fewer
 * columns, the check would often be wrong, because a line of a note often has one comma.
 */
const FEWEST_CELLS = 3

/**
 * Whether a cell has, after its first line, a line with at least as many delimiters as a row of the
 * file. That line is probably a row that became part of the cell because a quote was closed too
 * late. Only records of several lines can contain such a line.
 */
export const holdsRows = (
  record: CsvRecord,
  width: number,
  fewestCells = FEWEST_CELLS,
): boolean => {
  const { bytes, starts, ends, delimiter } = record
  if (record.lines === 1 || width < fewestCells) return false
  for (let cell = 0; cell < record.width; cell += 1) {
    let delimiters = Number.NEGATIVE_INFINITY
    for (let at = starts[cell]!; at < ends[cell]!; at += 1) {
      const byte = bytes[at]
      if (byte === LINE_FEED || byte === CARRIAGE_RETURN) delimiters = 0
      else if (byte === delimiter && (delimiters += 1) >= width - 1) return true
    }
  }
  return false
}
