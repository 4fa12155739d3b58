import { isAscii } from 'node:buffer'

import { textOf } from '../bytes/utf8.ts'
import { FileRefused } from '../contract.ts'
import { detectDelimiter } from './csv-delimiter.ts'
import { createFindRecord, createRecord, LINE_FEED } from './csv-record.ts'
import type { CsvRecord, FindRecord } from './csv-record.ts'
import type { RawRow, RowReader, RowSink } from './raw-row.ts'

/** Room for a block and the record that began in the one before; grows for long records. */
const FIRST_ROOM_BYTES = 131_072
/** The line end that stops every search, and what may be read behind a cell by whole words. */
const SLACK_BYTES = 4

/** Takes what the CSV reader finds. A record's places are valid only during the call. */
export type CsvSink = Pick<RowSink, 'header'> & {
  /** Instead of `header`, if the first record is data. `width`: how many cells that record has. */
  noHeader(width: number): void
  record(record: CsvRecord): void
}

/**
 * Where all of the record is ASCII, its cells are parts of one string: decoding each costs five
 * times as much.
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

/** The record with its cells as strings, for callers that need more than the bytes. */
export const rawRowOf = (record: CsvRecord): RawRow => ({
  line: record.line,
  cells: decodeCells(record),
  faults: record.misplaced ? [{ code: 'quote-misplaced', column: null }] : [],
  suspect: record.holdsNul,
})

const refuse = (line: number, why: string): never => {
  throw new FileRefused('csv-malformed', why, { line })
}

/** The bytes not yet read: the rest of a block, followed by the next one. */
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

/** Excel's line `sep=;`, which is not a record. Its delimiter may have cut it in two. */
const isDelimiterLine = (cells: readonly string[]): boolean =>
  cells.length <= 2 && /^sep=[,;\t|]?$/i.test(cells.join(''))

/** Passes records on: the first with content as the header, or the report that there is none. */
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
      if (record.misplaced) refuse(record.line, 'The header has a quote out of place.')
      sink.header(names)
      return
    }
    sink.noHeader(names.length)
    sink.record(record)
  }
}

/**
 * A stateful CSV reader over blocks of UTF-8: comma, semicolon, tab or bar (found by the first
 * record unless given), RFC 4180 quotes. LF, CRLF and CR end lines, also mixed. Skips Excel's
 * `sep=;` and lines without content before the first record with any. Throws
 * `FileRefused('csv-malformed')` for a record over `maxRecordBytes` and for a quote that is never
 * closed. Memory: one record and one block.
 */
export const createCsvReader = (options: {
  delimiter: string | undefined
  hasHeader: boolean
  maxRecordBytes: number
  sink: CsvSink
}): RowReader<Buffer> => {
  const most = options.maxRecordBytes
  const give = createGiver(options.sink, options.hasHeader)
  const record = createRecord()
  const window = createWindow(record)
  let delimiter: string | null = options.delimiter ?? null
  let find: FindRecord | null = null

  const checkSize = (size: number): void => {
    if (size <= most) return
    const { line } = record
    refuse(
      line,
      `The record that starts at line ${line} is over ${most} bytes. Is a quote left open?`,
    )
  }
  /** Gives every complete record. Returns where the incomplete one starts. */
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
      refuse(line, `The quote opened in the record at line ${line} is never closed.`)
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
