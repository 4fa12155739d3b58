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

type Opening = { cell: string; after: number; quoted: boolean }

/** The quoted content that a cell at `from` starts with, if any, and where the text after it starts; null = the quote is not closed. */
const readOpening = (text: string, from: number): Opening | null => {
  if (text.charCodeAt(from) !== QUOTE) return { cell: '', after: from, quoted: false }
  let cell = ''
  let open = from + 1
  for (;;) {
    const quote = text.indexOf('"', open)
    if (quote < 0) return null
    cell += text.slice(open, quote)
    if (text.charCodeAt(quote + 1) !== QUOTE) return { cell, after: quote + 1, quoted: true }
    cell += '"'
    open = quote + 2
  }
}

/** Where the line of `at` ends, `known` being an earlier answer; -1 when the text does not say yet. */
const lineEndOf = (text: string, at: number, known: number, complete: boolean): number => {
  // Looked for once a line, not once a cell: a line may hold half a million cells.
  if (known >= at) return known
  const newline = text.indexOf('\n', at)
  return newline < 0 && complete ? text.length : newline
}

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
  let lineEnd = -1
  let at = from
  for (;;) {
    const opening = readOpening(text, at)
    if (opening === null) return null
    at = opening.after
    lineEnd = lineEndOf(text, at, lineEnd, complete)
    if (lineEnd < 0) return null
    const separator = text.indexOf(delimiter, at)
    const last = separator < 0 || separator > lineEnd
    const rest = text.slice(at, last ? lineContentEnd(text, at, lineEnd) : separator)
    misplaced ||= opening.quoted ? rest !== '' : rest.includes('"')
    cells.push(opening.cell + rest)
    if (last) return { next: lineEnd + 1, cells, misplaced }
    at = separator + 1
  }
}

/** The cells of a line without quotes. */
const readPlain = (text: string, from: number, to: number, delimiter: string): string[] => {
  const mark = delimiter.charCodeAt(0)
  const cells: string[] = []
  let start = from
  for (let at = from; at < to; at += 1) {
    if (text.charCodeAt(at) !== mark) continue
    cells.push(text.slice(start, at))
    start = at + 1
  }
  cells.push(text.slice(start, to))
  return cells
}

/** By hand: over text of two bytes a letter the engine's own search for NUL stops at every other byte. */
const holdsNul = (text: string): boolean => {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) === 0) return true
  return false
}

type Position = { line: number }

const refuse = ({ line }: Position, why: string): never => {
  throw new FileRefused('csv-malformed', why, { line })
}

const checkSize = (at: Position, text: string, from: number, to: number, most: number): void => {
  const size = to - from
  if (size * 3 <= most) return
  if (size > most || Buffer.byteLength(text.slice(from, to)) > most) {
    refuse(
      at,
      `The record that starts at line ${at.line} is over ${most} bytes; is a quote left open?`,
    )
  }
}

/** Passes records on: the first with content as the header. */
const createGiver = (
  sink: RowSink,
  position: Position,
): ((found: Found, suspect: boolean) => void) => {
  let headerSeen = false
  return ({ cells, misplaced }, suspect) => {
    if (headerSeen) {
      sink.row({ line: position.line, cells, fault: misplaced ? MISPLACED : null, suspect })
      return
    }
    if (cells.every((cell) => cell.trim() === '')) return
    if (misplaced) refuse(position, 'The header has a quote out of place.')
    headerSeen = true
    sink.header(cells)
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
  const most = options.maxRecordBytes
  const position = { line: 1 }
  const give = createGiver(options.sink, position)
  let delimiter: string | null = options.delimiter ?? null
  let rest = ''

  /** Gives every whole record; returns where the unfinished one starts. */
  const readRecords = (text: string, separator: string, complete: boolean): number => {
    const suspect = holdsNul(text)
    let at = 0
    let quote = text.indexOf('"')
    while (at < text.length) {
      const newline = text.indexOf('\n', at)
      if (newline < 0 && !complete) return at
      const lineEnd = newline < 0 ? text.length : newline
      if (quote >= 0 && quote < at) quote = text.indexOf('"', at)
      let found: Found | null
      if (quote < 0 || quote > lineEnd) {
        const cells = readPlain(text, at, lineContentEnd(text, at, lineEnd), separator)
        found = { next: lineEnd + 1, cells, misplaced: false }
      } else found = readQuoted(text, at, separator, complete)
      if (found === null) return at
      checkSize(position, text, at, found.next, most)
      give(found, suspect)
      position.line += quote < 0 || quote > lineEnd ? 1 : countNewlines(text, at, found.next)
      at = found.next
    }
    return text.length
  }
  const read = (complete: boolean): void => {
    delimiter ??= detectDelimiter(rest, complete)
    rest = rest.slice(delimiter === null ? 0 : readRecords(rest, delimiter, complete))
    if (complete && rest !== '') {
      refuse(position, `The quote opened in the record at line ${position.line} is never closed.`)
    }
    checkSize(position, rest, 0, rest.length, most)
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
