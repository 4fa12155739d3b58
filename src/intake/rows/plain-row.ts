import type { ColumnKind } from '../../domain/contact-lists/contact-list.ts'
import { isPlainContactId, mayBePhone } from '../../domain/contacts/contact-id.ts'
import type { Span } from '../../domain/contacts/contact-id.ts'
import { E164_LONGEST } from '../../domain/phones/phone-reader.ts'
import type { PhoneReader } from '../../domain/phones/phone-reader.ts'
import type { ChunkBuilder, WrittenRow } from '../chunks/chunk-builder.ts'
import { copyBytes } from '../chunks/chunk-text.ts'
import type { ChunkText } from '../chunks/chunk-text.ts'
import type { ColumnLayout, TargetColumn } from '../columns/column-layout.ts'
import type { CsvRecord } from '../formats/csv-record.ts'
import type { ContactSteps } from './contact-steps.ts'
import type { Normalisation } from './normalisation.ts'
import type { RecordWidth } from './record-width.ts'
import type { PhoneCounters } from './row-check.ts'

/**
 * Accepts a record whose every cell is plainly right, from its bytes: writes the row straight into
 * the chunk and makes no string of it. False, and nothing has happened, for any other record: then
 * `CheckRow` judges it, whose answer for a plain one would be the same.
 */
export type TakePlainRow = (record: CsvRecord) => boolean

/**
 * What a cell takes beyond its own bytes at most: a NUL, and a phone's plus sign and calling code.
 */
const CELL_ROOM_BYTES = E164_LONGEST + 1
const UNDECIDED = -1
/**
 * The first byte that may begin neither white space nor a control character, and where other
 * alphabets begin.
 */
const FIRST_VISIBLE = 0x21
const FIRST_WIDE = 0x80
const APOSTROPHE = 0x27

type Column = Pick<TargetColumn, 'source' | 'required'> & { kind: ColumnKind }

/** What writing a row needs, made once for each file. */
type PlainRows = {
  columns: readonly Column[]
  idIndex: number
  /** What ids must match beyond the default shape. null: nothing. */
  idPattern: RegExp | null
  /** A cell of more bytes may have too many characters. */
  longest: number
  readPhone: PhoneReader
  writeEmail: Normalisation['writeEmail']
  row: WrittenRow
  phones: number
  id: Span
  written: Span
  e164: Span
}

const addSubject = (row: WrittenRow, from: number, to: number): void => {
  row.subjects[row.subjectCount * 2] = from
  row.subjects[row.subjectCount * 2 + 1] = to
  row.subjectCount += 1
}

const setSpan = (span: Span, bytes: Uint8Array, from: number, to: number): Span => {
  span.bytes = bytes
  span.from = from
  span.to = to
  return span
}

/** Writes the cell's phone at `at`. Returns its end. */
const writePhone = (
  rows: PlainRows,
  record: CsvRecord,
  cell: number,
  text: ChunkText,
  at: number,
): number => {
  const { bytes, starts, ends } = record
  const [from, to] = [starts[cell]!, ends[cell]!]
  const length = rows.readPhone(bytes, from, to, text.bytes, at)
  if (length <= 0) return UNDECIDED
  const id = setSpan(rows.id, bytes, starts[rows.idIndex]!, ends[rows.idIndex]!)
  const written = setSpan(rows.written, bytes, from, to)
  if (mayBePhone(id, written, setSpan(rows.e164, text.bytes, at, at + length))) return UNDECIDED
  addSubject(rows.row, at, at + length)
  rows.phones += 1
  return at + length
}

/** Writes the cell as its column's kind wants it at `at`. Returns its end. */
const writeCell = (
  rows: PlainRows,
  column: Column,
  record: CsvRecord,
  text: ChunkText,
  at: number,
): number => {
  const { bytes, starts, ends } = record
  const from = starts[column.source]!
  const to = ends[column.source]!
  if (from === to) return column.required ? UNDECIDED : at
  switch (column.kind) {
    case 'text': {
      const first = bytes[from]!
      // It may be the guard of a spreadsheet, which is no part of the text.
      if (first === APOSTROPHE) return UNDECIDED
      // A required cell must not be white space, which may be wide.
      if (column.required && (first < FIRST_VISIBLE || first >= FIRST_WIDE)) return UNDECIDED
      return copyBytes(record.view, from, to, text.view, at)
    }
    case 'phone':
      return writePhone(rows, record, column.source, text, at)
    case 'email': {
      if (!rows.writeEmail(bytes, from, to, text.bytes, at)) return UNDECIDED
      addSubject(rows.row, at, at + to - from)
      return at + to - from
    }
    case 'date':
      return UNDECIDED
  }
}

/** Whether the id has the default shape and the requested one. */
const isPlainId = (rows: PlainRows, bytes: Buffer, from: number, to: number): boolean =>
  isPlainContactId(bytes, from, to) &&
  (rows.idPattern === null || rows.idPattern.test(bytes.toString('latin1', from, to)))

/** Writes the record as a row of the chunk's text. false when something about it is not plain. */
const writeRow = (rows: PlainRows, record: CsvRecord, text: ChunkText): boolean => {
  const { row, columns, idIndex, longest } = rows
  const idFrom = record.starts[idIndex]!
  const idTo = record.ends[idIndex]!
  if (!isPlainId(rows, record.bytes, idFrom, idTo)) return false
  row.subjectCount = 0
  rows.phones = 0
  let at = copyBytes(record.view, idFrom, idTo, text.view, text.used)
  row.idEnd = at
  text.bytes[at++] = 0
  for (let index = 0; index < columns.length; index += 1) {
    const column = columns[index]!
    const end = column.source < 0 ? at : writeCell(rows, column, record, text, at)
    if (end < 0 || end - at > longest) return false
    text.bytes[end] = 0
    at = end + 1
  }
  row.end = at
  return row.subjectCount > 0
}

/** Whether a record's cells behind the last column, and in columns without a name, are empty. */
const hasOnlyColumns = (
  { starts, ends, width: found }: CsvRecord,
  { width, nameless }: ColumnLayout,
): boolean => {
  for (let cell = width; cell < found; cell += 1) if (starts[cell] !== ends[cell]) return false
  // A row may end before them.
  for (const cell of nameless) if (cell < found && starts[cell] !== ends[cell]) return false
  return true
}

/** A cell's text. null: it may have a spreadsheet's guard, which does not belong to it. */
const textOf = ({ bytes, starts, ends }: CsvRecord, cell: number): string | null => {
  if (cell < 0 || starts[cell] === ends[cell]) return ''
  return bytes[starts[cell]!] === APOSTROPHE
    ? null
    : bytes.toString('utf8', starts[cell], ends[cell])
}

/** Whether the record says that its person agreed. null: it is not plain. */
const createConsentOf = (
  consent: ContactSteps['consent'],
  at: number,
  source: number,
): ((record: CsvRecord) => boolean | null) => {
  if (consent === null) return () => false
  return (record) => {
    const [consentAt, consentSource] = [textOf(record, at), textOf(record, source)]
    if (consentAt === null || consentSource === null) return null
    const is = consent.read(consentAt, consentSource)
    if (is === 'missing') return false
    return is === 'given' ? true : null
  }
}

/**
 * null: no record of this file is plain, because the file is a ledger sent back, or lacks a
 * required column.
 */
export const createTakePlainRow = (deps: {
  layout: ColumnLayout
  steps: ContactSteps
  builder: ChunkBuilder
  phones: PhoneCounters
  recordWidth: RecordWidth
}): TakePlainRow | null => {
  const { layout, builder, phones, recordWidth } = deps
  const { normalise, idPattern, longestCell } = deps.steps
  const { targets, keep } = layout
  const lacking = targets.some((target) => target.required && target.source < 0)
  if (layout.ledger || lacking) return null
  const cellOf = (column: number): number => (column < 0 || keep === null ? column : keep[column]!)
  const nothing = (): Span => ({ bytes: new Uint8Array(), from: 0, to: 0 })
  const rows: PlainRows = {
    columns: targets.map(({ source, required, kind }) => ({
      source: cellOf(source),
      required,
      kind,
    })),
    idIndex: cellOf(layout.idIndex),
    idPattern,
    longest: longestCell,
    readPhone: normalise.readPhone,
    writeEmail: normalise.writeEmail,
    row: {
      idEnd: 0,
      end: 0,
      subjects: new Int32Array(targets.length * 2),
      subjectCount: 0,
      consented: false,
    },
    phones: 0,
    id: nothing(),
    written: nothing(),
    e164: nothing(),
  }
  const consentOf = createConsentOf(
    deps.steps.consent,
    cellOf(layout.consent.at),
    cellOf(layout.consent.source),
  )
  return (record) => {
    if (record.width !== recordWidth.cells || record.misplaced || record.holdsNul) return false
    if (keep !== null || record.width !== layout.width) {
      if (!hasOnlyColumns(record, layout)) return false
    }
    const consented = consentOf(record)
    if (consented === null) return false
    // The id may go to a column too.
    const most = record.size * 2 + (targets.length + 1) * CELL_ROOM_BYTES
    if (!writeRow(rows, record, builder.room(record.line, most))) return false
    phones.direct += rows.phones
    phones.normalized += rows.phones
    rows.row.consented = consented
    builder.acceptWritten(record.line, rows.row)
    return true
  }
}
