/**
 * One record of a CSV file, as positions in the reader's bytes. Cell `i` is `bytes[starts[i] …
 * ends[i])`, without quotes. A reader has one such object and overwrites it with each record.
 */
export type CsvRecord = {
  bytes: Buffer
  /** A view of the same bytes, for reading four bytes at a time, even beyond the end of a cell. */
  view: DataView
  starts: Int32Array
  ends: Int32Array
  /** The number of cells. */
  width: number
  /** The physical line in which the record starts. The first line of the file is 1. */
  line: number
  /** The number of physical lines that the record covers. */
  lines: number
  /**
   * The size in bytes, from the start of the record up to but not including the last byte of its
   * line end.
   */
  size: number
  /** Whether an unquoted cell contains a quote, or text follows a closing quote. */
  misplaced: boolean
  /** Whether a cell contains a NUL. */
  holdsNul: boolean
  /** Whether a quoted cell contains a doubled quote. */
  doubled: boolean
  /** The byte that separates cells. */
  delimiter: number
}

export const LINE_FEED = 10
const QUOTE_BYTE = 34
export const CARRIAGE_RETURN = 13

/** Classes of bytes. The search treats the bytes of a class alike. */
const TEXT = 0
const DELIMITER = 1
const LINE_END = 2
const QUOTE = 3
const NUL = 4

/** The first size of the space for positions. It grows for wider records. */
const SOME_CELLS = 256

/**
 * Finds the record that starts at `from`. Returns the position of the last byte of its line end
 * (LF, CRLF or CR). -1: the record does not end before `limit`. The reader puts a line feed at
 * `limit`, so that every search stops there. If `complete` is true, no more bytes follow, and this
 * line feed counts as a line end. Overwrites the bytes of cells to remove their quotes.
 */
export type FindRecord = (
  record: CsvRecord,
  from: number,
  limit: number,
  complete: boolean,
) => number

/**
 * Makes the one record of a reader. The reader must set `bytes` and `view` before the first search.
 */
export const createRecord = (): CsvRecord => ({
  bytes: Buffer.alloc(0),
  view: new DataView(new ArrayBuffer(0)),
  starts: new Int32Array(SOME_CELLS),
  ends: new Int32Array(SOME_CELLS),
  width: 0,
  line: 1,
  lines: 1,
  size: 0,
  misplaced: false,
  holdsNul: false,
  doubled: false,
  delimiter: 0,
})

const growCells = (record: CsvRecord): void => {
  const { starts, ends } = record
  record.starts = new Int32Array(starts.length * 2)
  record.ends = new Int32Array(ends.length * 2)
  record.starts.set(starts)
  record.ends.set(ends)
}

const classesFor = (delimiter: string): Uint8Array => {
  const classes = new Uint8Array(256)
  classes[delimiter.charCodeAt(0)] = DELIMITER
  classes[LINE_FEED] = LINE_END
  classes[CARRIAGE_RETURN] = LINE_END
  classes[QUOTE_BYTE] = QUOTE
  classes[0] = NUL
  return classes
}

/**
 * The position of the last byte of the line end at `at`: LF, CR, or CR and LF together. If a CR is
 * the last byte before `limit`, it is joined with the line feed that the reader put at `limit`. If
 * the file continues, the reader then waits for the next block, which may begin with a line feed of
 * the file.
 */
const lastOfLineEnd = (bytes: Buffer, at: number): number =>
  bytes[at] === CARRIAGE_RETURN && bytes[at + 1] === LINE_FEED ? at + 1 : at

/**
 * The position of the quote that closes the cell whose content starts at `from`. -1: the cell is
 * not closed. Doubled quotes and line ends belong to the content.
 */
const findClosing = (
  record: CsvRecord,
  from: number,
  limit: number,
  classes: Uint8Array,
): number => {
  const { bytes } = record
  for (let at = from; ; at += 1) {
    const kind = classes[bytes[at]!]!
    if (kind <= DELIMITER) continue
    if (kind === QUOTE) {
      if (bytes[at + 1] !== QUOTE_BYTE) return at
      record.doubled = true
      at += 1
    } else if (kind === NUL) record.holdsNul = true
    else {
      at = lastOfLineEnd(bytes, at)
      if (at === limit) return -1
      record.lines += 1
    }
  }
}

/**
 * The position where the text that begins at `from` ends: the position of the next delimiter or
 * line end. A quote in the text belongs to the text, and marks the record as `misplaced`.
 */
const findTextEnd = (record: CsvRecord, from: number, classes: Uint8Array): number => {
  const { bytes } = record
  for (let at = from; ; at += 1) {
    const kind = classes[bytes[at]!]!
    if (kind === DELIMITER || kind === LINE_END) return at
    if (kind === QUOTE) record.misplaced = true
    else if (kind === NUL) record.holdsNul = true
  }
}

/** Removes the quotes of a quoted cell in place. Returns the new end of the cell. */
const unquote = (bytes: Buffer, start: number, end: number): number => {
  let to = start
  let open = true
  for (let at = start + 1; at < end; at += 1) {
    if (open && bytes[at] === QUOTE_BYTE) {
      at += 1
      // This quote closes the cell, unless another quote follows it. The bytes after a closing
      // quote stay unchanged.
      if (at === end) break
      open = bytes[at] === QUOTE_BYTE
    }
    bytes[to++] = bytes[at]!
  }
  return to
}

/**
 * Removes the quotes of all cells. Call it only when the record is complete. An incomplete record
 * is searched again from its start when the next block has arrived, and that search needs the
 * quotes.
 */
const unquoteCells = ({ bytes, starts, ends, width }: CsvRecord): void => {
  for (let cell = 0; cell < width; cell += 1) {
    const start = starts[cell]!
    // A cell whose quotes were already removed begins with a quote only if it is empty. The byte at
    // `start` is then its closing quote.
    if (bytes[start] !== QUOTE_BYTE || ends[cell] === start) continue
    ends[cell] = unquote(bytes, start, ends[cell]!)
  }
}

/**
 * Finds the end of a cell with a quote or a NUL. Returns the position of the delimiter or line end
 * after the cell. -1: its quote is not closed.
 *
 * Follows RFC 4180. One more rule applies to quotes in places where RFC 4180 allows none: a quote
 * opens a cell only at the cell's start. Any other quote is text, and marks the record as
 * `misplaced`. Text after a closing quote marks the record too. This text belongs to the cell, up
 * to the next delimiter or line end.
 */
const findOddCell = (
  record: CsvRecord,
  cell: number,
  limit: number,
  classes: Uint8Array,
): number => {
  const { bytes, starts, ends } = record
  const start = starts[cell]!
  const quoted = bytes[start] === QUOTE_BYTE
  const closing = quoted ? findClosing(record, start + 1, limit, classes) : start
  if (closing < 0) return -1
  const after = quoted ? closing + 1 : start
  const next = findTextEnd(record, after, classes)
  if (quoted && next > after) record.misplaced = true
  const clean = quoted && next === after && !record.doubled
  starts[cell] = clean ? start + 1 : start
  ends[cell] = clean ? closing : next
  return next
}

/**
 * Finds the cells one after another, up to the end of the line. Returns -1 if a quote is not
 * closed.
 */
const findCells = (record: CsvRecord, from: number, limit: number, classes: Uint8Array): number => {
  const { bytes } = record
  let cell = 0
  for (let at = from; ; at += 1, cell += 1) {
    if (cell === record.starts.length) growCells(record)
    record.starts[cell] = at
    let kind = classes[bytes[at]!]!
    while (kind === TEXT) kind = classes[bytes[++at]!]!
    record.ends[cell] = at
    if (kind === DELIMITER) continue
    if (kind !== LINE_END) {
      at = findOddCell(record, cell, limit, classes)
      if (at < 0) return -1
      if (classes[bytes[at]!] === DELIMITER) continue
    }
    record.width = cell + 1
    return lastOfLineEnd(bytes, at)
  }
}

/**
 * Makes the search for one delimiter, which must be a single ASCII character. The search keeps no
 * state between calls.
 */
export const createFindRecord = (delimiter: string): FindRecord => {
  const classes = classesFor(delimiter)
  const delimiterByte = delimiter.charCodeAt(0)
  return (record, from, limit, complete) => {
    record.delimiter = delimiterByte
    record.lines = 1
    record.misplaced = false
    record.holdsNul = false
    record.doubled = false
    const end = findCells(record, from, limit, classes)
    if (end < 0 || (end === limit && !complete)) return -1
    if (record.doubled || record.misplaced) unquoteCells(record)
    return end
  }
}
