import { CARRIAGE_RETURN, LINE_FEED } from '../formats/csv-record.ts'
import type { CsvRecord } from '../formats/csv-record.ts'

/** A line of fewer cells is found in any note. */
const FEWEST_CELLS = 3

/**
 * Whether a cell of the record holds a line that has as many delimiters as a row: probably a row,
 * which a quote that is closed too late has made part of the cell. Only for records of several
 * lines.
 */
export const holdsRows = (record: CsvRecord, width: number): boolean => {
  const { bytes, starts, ends, delimiter } = record
  if (record.lines === 1 || width < FEWEST_CELLS) return false
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
