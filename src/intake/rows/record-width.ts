import { isBlank } from '../../domain/text/unseen-characters.ts'
import type { ColumnLayout } from '../columns/column-layout.ts'
import type { RawRow } from '../formats/raw-row.ts'

/**
 * The most rows that wait for the decision, including blank rows. If more blank rows follow, the
 * header decides.
 */
const MOST_WAITING = 100

/**
 * Decides how many cells the records of a file must have. Normally, this is the number of cells of
 * the header. There is one exception: if the first two rows with content have equally many cells,
 * and the header has more or fewer, the number of cells of these two rows counts. For this, both
 * rows must be without faults, have a cell for each column with a name, and have only empty cells
 * beyond the header. The reason is that a program which adds or leaves out empty cells at the end
 * of rows does so in every row. If only one row differs from the header, the cause is more likely a
 * comma inside a cell, which has moved all cells after it. Such a row must be rejected.
 */
export type RecordWidth = {
  readonly cells: number
  readonly decided: boolean
  /**
   * Passes the row on to `take`. Until the decision, the first row with content waits, and so do
   * the blank rows after it.
   */
  pass(row: RawRow, take: (row: RawRow) => void): void
  /** Passes on the rows that still wait. Call it after the last row. */
  end(take: (row: RawRow) => void): void
}

const isEmptyRow = ({ cells }: RawRow): boolean => cells.every(isBlank)

/** Starts without a decision. Until the decision, `cells` is the number of cells of the header. */
export const createRecordWidth = ({
  width,
  needed,
}: Pick<ColumnLayout, 'width' | 'needed'>): RecordWidth => {
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
      const isEmpty = isEmptyRow(row)
      if (isEmpty && first === undefined) take(row)
      else if (isEmpty && waiting.length < MOST_WAITING) waiting.push(row)
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
