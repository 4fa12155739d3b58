import type { RowFault } from '../../domain/uploads/rejection.ts'

/**
 * A record as a reader found it. Only its form has been checked. `cells` are in the order of the
 * file's columns.
 */
export type RawRow = {
  /**
   * In CSV, the physical line where the record starts. In JSON, the number of the element. Both
   * count from 1.
   */
  line: number
  cells: string[]
  /** The faults that the reader found, in the row as a whole or in single cells. */
  faults: readonly RowFault[]
  /**
   * Whether the row may contain characters that are not allowed in any text. If false, the check of
   * contacts does not search the cells for such characters.
   */
  suspect: boolean
}

/** Receives what a reader finds. `header` is called once, before the first row that has columns. */
export type RowSink = {
  header(names: string[]): void
  row(row: RawRow): void
}

/**
 * Reads rows from a body that arrives in pieces. A piece never ends inside a character. Throws
 * `FileRefused` if the file as a whole cannot be read.
 */
export type RowReader<Piece> = {
  push(piece: Piece): void
  end(): void
  /** The delimiter. null: the file is JSON, or its first record is not complete yet. */
  delimiter(): string | null
  /**
   * Where the reader is, for messages. `line`: where the incomplete record starts. `element`: the
   * number of the incomplete element.
   */
  place(): Record<string, number>
}
