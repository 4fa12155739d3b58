import { isAscii } from 'node:buffer'

import { textOf } from '../bytes/utf8.ts'
import { isLedgerHeader } from '../columns/column-names.ts'
import { FileRefused } from '../contract.ts'
import { detectDelimiter } from './csv-delimiter.ts'
import { createFindRecord, createRecord, LINE_FEED } from './csv-record.ts'
import type { CsvRecord, FindRecord } from './csv-record.ts'
import type { RawRow, RowReader, RowSink } from './raw-row.ts'

/** Space for a block and an unfinished record before it. It grows for longer records. */
const FIRST_ROOM_BYTES = 131_072
/**
 * How many bytes the buffer has after the text. The first of them is the line feed that ends every
 * search. The others may be read when a cell is read four bytes at a time.
 */
const SLACK_BYTES = 4
/**
 * How many times longer the record of a ledger may be than the record of another file. The ledger
 * doubles each quote of a cell at most, and adds the reasons of the row.
 */
const LEDGER_TIMES = 3

/** Receives what the CSV reader finds. Use a record and its positions only during the call. */
export type CsvSink = Pick<RowSink, 'header'> & {
  /**
   * Called instead of `header` if the first record is data. `width`: how many cells the record has.
   */
  noHeader(width: number): void
  record(record: CsvRecord): void
}

/**
 * Decodes an ASCII record once and cuts the cells out of the resulting string, because decoding
 * each cell takes five times as long.
 */
const decodeCells = ({ bytes, starts, ends, width }: CsvRecord): string[] => {
  const from = starts[0]!
  const record = bytes.subarray(from, ends[width - 1])
  const text = isAscii(record) ? record.toString('latin1') : null
  const cells: string[] = []
  for (let cell = 0; cell < width; cell += 1) {
    const [start, end] = [starts[cell]!, ends[cell]!]
    cells.push(
      text === null ? bytes.toString('utf8', start, end) : text.slice(start - from, end - from),
    )
  }
  return cells
}

/** Decodes a record's cells, for callers that cannot work with its bytes. */
export const rawRowOf = (record: CsvRecord): RawRow => ({
  line: record.line,
  cells: decodeCells(record),
  faults: record.misplaced ? [{ code: 'quote-misplaced', column: null }] : [],
  suspect: record.holdsNul,
})

const refuse = (line: number, why: string): never => {
  throw new FileRefused('csv-malformed', why, { line })
}

/** The bytes that are not parsed yet: the rest of one block, followed by the next block. */
const createWindow = (record: CsvRecord) => {
  let filled = 0

  const use = (bytes: Buffer): void => {
    record.bytes = bytes
    record.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }
  use(Buffer.allocUnsafeSlow(FIRST_ROOM_BYTES))
  return {
    add: (block: Uint8Array): void => {
      const needed = filled + block.byteLength + SLACK_BYTES
      if (needed > record.bytes.byteLength) {
        const larger = Buffer.allocUnsafeSlow(Math.max(needed, record.bytes.byteLength * 2))
        larger.set(record.bytes.subarray(0, filled))
        use(larger)
      }
      record.bytes.set(block, filled)
      filled += block.byteLength
      record.bytes[filled] = LINE_FEED
    },
    dropTo: (at: number): void => {
      record.bytes.copyWithin(0, at, filled)
      filled -= at
      record.bytes[filled] = LINE_FEED
    },
    filled: () => filled,
    bytes: () => record.bytes.subarray(0, filled),
  }
}

/**
 * Whether the first line is Excel's `sep=;`, which is not a record. If the reader uses the
 * delimiter that this line names, the line has two cells.
 */
const isDelimiterLine = (cells: readonly string[]): boolean =>
  cells.length <= 2 && /^sep=[,;\t|]?$/i.test(cells.join(''))

/**
 * Passes records to the sink. The first record with content, after any `sep=;`, is the header. If
 * the file has no header, this record is data: it is announced with `noHeader`, and then passed on
 * too.
 */
const createGiver = (sink: CsvSink, hasHeader: boolean): ((record: CsvRecord) => void) => {
  let opened = false
  return (record) => {
    if (opened) {
      sink.record(record)
      return
    }
    const names = decodeCells(record)
    if (names.every((name) => name.trim() === '') || isDelimiterLine(names)) return
    opened = true
    if (hasHeader) {
      if (record.misplaced) refuse(record.line, 'The header has a quote in the wrong place.')
      sink.header(names)
      return
    }
    sink.noHeader(names.length)
    sink.record(record)
  }
}

/** Calls `onLedger` if the header is that of a ledger. */
const withLedger = (sink: CsvSink, onLedger: () => void): CsvSink => ({
  ...sink,
  header: (names) => {
    if (isLedgerHeader(names)) onLedger()
    sink.header(names)
  },
})

/**
 * A CSV reader for blocks of UTF-8. A record may begin in one block and end in another. The
 * delimiter is comma, semicolon, tab or bar (if not given, detected at the start of the file).
 * Quotes follow RFC 4180. Lines end in LF, CRLF or CR, and a file may mix these. Before the first
 * record with content, skips Excel's `sep=;` and records whose cells are all blank. Throws
 * `FileRefused('csv-malformed')` for a record of more than `maxRecordBytes` (in a ledger:
 * `LEDGER_TIMES` as many, so that each row of a ledger can be sent back), for a quote that is never
 * closed, and for a misplaced quote in the header. Holds one record and one block in memory.
 */
export const createCsvReader = (options: {
  delimiter: string | undefined
  hasHeader: boolean
  maxRecordBytes: number
  sink: CsvSink
}): RowReader<Buffer> => {
  let most = options.maxRecordBytes
  const sink = withLedger(options.sink, () => (most *= LEDGER_TIMES))
  const give = createGiver(sink, options.hasHeader)
  const record = createRecord()
  const window = createWindow(record)
  let delimiter: string | null = options.delimiter ?? null
  let find: FindRecord | null = null

  const checkSize = (size: number): void => {
    if (size <= most) return
    const { line } = record
    refuse(
      line,
      `The record that starts at line ${line} has more than ${most} bytes. Check whether a closing quote is missing.`,
    )
  }
  /** Passes on every complete record. Returns where the incomplete record starts. */
  const readRecords = (find: FindRecord, complete: boolean): number => {
    const limit = window.filled()
    let at = 0
    while (at < limit) {
      const end = find(record, at, limit, complete)
      if (end < 0) return at
      record.size = end - at
      checkSize(record.size + 1)
      give(record)
      record.line += record.lines
      at = end + 1
    }
    return limit
  }
  const read = (complete: boolean): void => {
    delimiter ??= detectDelimiter(textOf(window.bytes()), complete)
    if (delimiter !== null) {
      find ??= createFindRecord(delimiter)
      window.dropTo(readRecords(find, complete))
    }
    if (complete && window.filled() > 0) {
      const { line } = record
      refuse(line, `A quote in the record at line ${line} is never closed.`)
    }
    checkSize(window.filled())
  }
  return {
    push: (block) => {
      window.add(block)
      read(false)
    },
    end: () => read(true),
    delimiter: () => delimiter,
    place: () => ({ line: record.line }),
  }
}
