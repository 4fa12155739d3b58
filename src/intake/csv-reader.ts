import type { RowFault } from '../domain/rejection.ts'
import { FileRefused } from './contract.ts'
import { detectDelimiter } from './csv-delimiter.ts'
import type { RowReader, RowSink } from './raw-row.ts'

const QUOTE = 34
const CARRIAGE_RETURN = 13
const MISPLACED: RowFault = { code: 'quote-misplaced', column: null }

const countNewlines = (text: string, from: number, to: number): number => {
  let count = 0
  for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) {
    count += 1
  }
  return count
}

/** Where a line's content ends: before the carriage return that belongs to its end. */
const lineContentEnd = (text: string, from: number, lineEnd: number): number =>
  lineEnd > from && text.charCodeAt(lineEnd - 1) === CARRIAGE_RETURN ? lineEnd - 1 : lineEnd

/** A record found in `text` from `from`: where the next one starts, its cells, and whether a quote was out of place. */
type Found = { next: number; cells: string[]; misplaced: boolean }

/**
 * Reads one record that holds quotes. RFC 4180, and one rule for what it leaves open: a quote opens a cell only at the cell's start;
 * elsewhere, or when text follows a closing quote, it is text, marks the record, and the cell goes on to the next delimiter or line
 * end. null when the record does not end within the text.
 */
const readQuoted = (
  text: string,
  from: number,
  delimiter: string,
  complete: boolean,
): Found | null => {
  const cells: string[] = []
  let misplaced = false
  let newline = -1
  for (let at = from; ;) {
    let cell = ''
    const quoted = text.charCodeAt(at) === QUOTE
    if (quoted) {
      let open = at + 1
      for (;;) {
        const quote = text.indexOf('"', open)
        if (quote < 0) return null
        cell += text.slice(open, quote)
        at = quote + 1
        if (text.charCodeAt(at) !== QUOTE) break
        cell += '"'
        open = at + 1
      }
    }
    // Looked for once a line, not once a cell: a line may hold half a million cells.
    if (newline < at) newline = text.indexOf('\n', at)
    if (newline < 0) {
      if (!complete) return null
      newline = text.length
    }
    const separator = text.indexOf(delimiter, at)
    const last = separator < 0 || separator > newline
    const end = last ? lineContentEnd(text, at, newline) : separator
    const rest = text.slice(at, end)
    if (quoted ? rest !== '' : rest.includes('"')) misplaced = true
    cells.push(cell + rest)
    if (last) return { next: newline + 1, cells, misplaced }
    at = separator + 1
  }
}

/**
 * A stateful CSV reader: comma, semicolon, tab or bar (found by the first record unless given), RFC 4180 quotes, LF or CRLF. Lines without
 * content before the header are skipped. Throws `FileRefused('csv-malformed')` for a record over `maxRecordBytes` and for a quote that is
 * never closed. Memory: one record and one piece of text.
 */
export const createCsvReader = (options: {
  delimiter: string | undefined
  maxRecordBytes: number
  sink: RowSink
}): RowReader => {
  const { sink, maxRecordBytes } = options
  let delimiter: string | null = options.delimiter ?? null
  let rest = ''
  let line = 1
  let headerSeen = false

  const refuse = (why: string): never => {
    throw new FileRefused('csv-malformed', why, { line })
  }
  const checkSize = (text: string, from: number, to: number): void => {
    const size = to - from
    if (size * 3 <= maxRecordBytes) return
    if (size > maxRecordBytes || Buffer.byteLength(text.slice(from, to)) > maxRecordBytes) {
      refuse(
        `The record that starts at line ${line} is over ${maxRecordBytes} bytes; is a quote left open?`,
      )
    }
  }
  const give = (found: Found, suspect: boolean): void => {
    if (headerSeen) {
      sink.row({ line, cells: found.cells, fault: found.misplaced ? MISPLACED : null, suspect })
      return
    }
    if (found.cells.every((cell) => cell.trim() === '')) return
    if (found.misplaced) refuse('The header has a quote out of place.')
    headerSeen = true
    sink.header(found.cells)
  }
  /** Gives every whole record; returns where the unfinished one starts. */
  const readRecords = (text: string, separator: string, complete: boolean): number => {
    const suspect = text.includes('\0')
    let at = 0
    let quote = text.indexOf('"')
    while (at < text.length) {
      const newline = text.indexOf('\n', at)
      if (newline < 0 && !complete) return at
      const lineEnd = newline < 0 ? text.length : newline
      if (quote >= 0 && quote < at) quote = text.indexOf('"', at)
      if (quote < 0 || quote > lineEnd) {
        checkSize(text, at, lineEnd)
        const end = lineContentEnd(text, at, lineEnd)
        give(
          { next: lineEnd + 1, cells: text.slice(at, end).split(separator), misplaced: false },
          suspect,
        )
        at = lineEnd + 1
        line += 1
        continue
      }
      const found = readQuoted(text, at, separator, complete)
      if (found === null) return at
      checkSize(text, at, found.next)
      give(found, suspect)
      line += countNewlines(text, at, found.next)
      at = found.next
    }
    return text.length
  }
  const read = (complete: boolean): void => {
    delimiter ??= detectDelimiter(rest, complete)
    const from = delimiter === null ? 0 : readRecords(rest, delimiter, complete)
    rest = rest.slice(from)
    if (complete && rest !== '')
      refuse(`The quote opened in the record at line ${line} is never closed.`)
    checkSize(rest, 0, rest.length)
  }
  return {
    push: (text) => {
      rest = rest === '' ? text : rest + text
      read(false)
    },
    end: () => read(true),
    delimiter: () => delimiter,
  }
}
