/**
 * One record of a CSV file, as places in the reader's bytes: cell `i` is
 * `bytes[starts[i] … ends[i])`, without quotes. A file has one such object. Its places are valid
 * until the reader moves to the next record.
 */
export type CsvRecord = {
  bytes: Buffer
  /** Over the same bytes; a word may be read whole over a cell's end. */
  view: DataView
  starts: Int32Array
  ends: Int32Array
  /** Cells found. */
  width: number
  /** Physical line where the record starts, the first line = 1. */
  line: number
  /** Physical lines that it takes. */
  lines: number
  /** Bytes from the record's start to its line's end. */
  size: number
  /** A quote is inside an unquoted cell, or something follows a closing quote. */
  misplaced: boolean
  /** Some cell holds a NUL. */
  holdsNul: boolean
  /** A quoted cell holds a doubled quote. */
  doubled: boolean
  /** The byte that parts cells. */
  delimiter: number
}

export const LINE_FEED = 10
const QUOTE_BYTE = 34
export const CARRIAGE_RETURN = 13

/** What a byte means to the grammar. */
const TEXT = 0
const DELIMITER = 1
const LINE_END = 2
const QUOTE = 3
const NUL = 4

/** How many cells there is room for at first. */
const SOME_CELLS = 256

/**
 * Finds the record from `from` on and returns where its line ends (LF, CRLF or CR), or -1 if it
 * does not end before `limit`. At `limit` stands a line end that stops the search. It counts as one
 * if `complete`, which says that no more bytes come. Quotes are removed in the bytes themselves.
 */
export type FindRecord = (
  record: CsvRecord,
  from: number,
  limit: number,
  complete: boolean,
) => number

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
 * The last byte of the line end that starts at `at`: LF, CR, or both as one. A CR just before the
 * limit has its LF there.
 */
const lastOfLineEnd = (bytes: Buffer, at: number): number =>
  bytes[at] === CARRIAGE_RETURN && bytes[at + 1] === LINE_FEED ? at + 1 : at

/**
 * The place of the closing quote of the cell whose content starts at `from`, or -1. Doubled quotes
 * and line ends are content.
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

/** Where the text from `from` on ends: at the next delimiter or line end. A quote in it is text. */
const findTextEnd = (record: CsvRecord, from: number, classes: Uint8Array): number => {
  const { bytes } = record
  for (let at = from; ; at += 1) {
    const kind = classes[bytes[at]!]!
    if (kind === DELIMITER || kind === LINE_END) return at
    if (kind === QUOTE) record.misplaced = true
    else if (kind === NUL) record.holdsNul = true
  }
}

/** Removes the quotes of the cell that starts with one, in place. Returns where it ends then. */
const unquote = (bytes: Buffer, start: number, end: number): number => {
  let to = start
  let open = true
  for (let at = start + 1; at < end; at += 1) {
    if (open && bytes[at] === QUOTE_BYTE) {
      at += 1
      // The closing quote: what follows it is text as it stands.
      if (at === end) break
      open = bytes[at] === QUOTE_BYTE
    }
    bytes[to++] = bytes[at]!
  }
  return to
}

/**
 * Only once the record is complete: a record that continues in the next block is found again from
 * its start.
 */
const unquoteCells = ({ bytes, starts, ends, width }: CsvRecord): void => {
  for (let cell = 0; cell < width; cell += 1) {
    const start = starts[cell]!
    // A cell whose quotes are off already starts with one only when it is empty.
    if (bytes[start] !== QUOTE_BYTE || ends[cell] === start) continue
    ends[cell] = unquote(bytes, start, ends[cell]!)
  }
}

/**
 * Finds the end of a cell with a quote or a NUL, and returns the place of its delimiter or line
 * end, or -1 if a quote is not closed. RFC 4180, and one rule for what it leaves open: a quote
 * opens a cell only at the cell's start. Elsewhere, or if text follows a closing quote, it is text,
 * marks the record, and the cell continues to the next delimiter or line end.
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

/** Finds cell after cell up to the line's end; -1 when a quote is not closed. */
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
