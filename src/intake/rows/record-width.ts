import { isBlank } from '../../domain/text/unseen-characters.ts'
import type { ColumnLayout } from '../columns/column-layout.ts'
import type { RawRow } from '../formats/raw-row.ts'

/** Rows that wait, blank lines among them. */
const MOST_WAITING = 100

/**
 * How many cells the records of the file have: as many as the header, unless the first two rows
 * agree on another number, beyond the last column with a name. Programs that write empty cells at
 * the end of rows, or leave them out, do so in every row. A single row may instead have a comma too
 * many inside a cell, which moves all cells after it.
 */
export type RecordWidth = {
  readonly cells: number
  readonly decided: boolean
  /** Takes the row immediately, or once it is decided. */
  pass(row: RawRow, take: (row: RawRow) => void): void
  /** There are no more rows. */
  end(take: (row: RawRow) => void): void
}

const isEmptyRow = ({ cells }: RawRow): boolean => cells.every(isBlank)

export const createRecordWidth = ({ width, needed }: ColumnLayout): RecordWidth => {
  let cells = width
  let waiting: RawRow[] | null = []

  const decide = (decided: number, take: (row: RawRow) => void): void => {
    cells = decided
    for (const row of waiting ?? []) take(row)
    waiting = null
  }
  const mayBe = ({ cells: found, faults }: RawRow): boolean =>
    faults.length === 0 &&
    found.length !== width &&
    found.length >= needed &&
    found.slice(width).every(isBlank)

  return {
    get cells() {
      return cells
    },
    get decided() {
      return waiting === null
    },
    pass: (row, take) => {
      if (waiting === null) {
        take(row)
        return
      }
      const [first] = waiting
      if (isEmptyRow(row) && first !== undefined && waiting.length < MOST_WAITING) waiting.push(row)
      else if (isEmptyRow(row)) take(row)
      else if (first === undefined && mayBe(row)) waiting.push(row)
      else {
        const agreed = first !== undefined && mayBe(row) && row.cells.length === first.cells.length
        decide(agreed ? row.cells.length : width, take)
        take(row)
      }
    },
    end: (take) => decide(width, take),
  }
}
