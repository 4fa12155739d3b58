import type { RowFault } from '../../domain/uploads/rejection.ts'

/**
 * A record as a reader found it, before anything is judged but its form. `cells` are in the order
 * of the file's columns.
 */
export type RawRow = {
  /**
   * CSV: physical line where the record starts, the first line = 1. JSON: the element's number,
   * from 1.
   */
  line: number
  cells: string[]
  /** What the reader found wrong: with the row as a whole, or with single cells. */
  faults: readonly RowFault[]
  /** Whether the row may hold characters that text must not. Only then are its cells searched. */
  suspect: boolean
}

/** Takes what a reader finds. `header` is called once, before the first row. */
export type RowSink = {
  header(names: string[]): void
  row(row: RawRow): void
}

/**
 * Takes the body in pieces, cut between any two characters. Throws `FileRefused` when the file as a
 * whole cannot be read.
 */
export type RowReader<Piece> = {
  push(piece: Piece): void
  end(): void
  /** The delimiter in force. null for JSON, and before the first record is whole. */
  delimiter(): string | null
  /**
   * The present place: the `line` at which the incomplete record starts, or the number of the
   * `element`.
   */
  place(): Record<string, number>
}
