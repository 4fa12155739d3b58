import type { ColumnKind } from '../../domain/contact-lists/contact-list.ts'
import { isPlainContactId, mayBePhone } from '../../domain/contacts/contact-id.ts'
import type { Span } from '../../domain/contacts/contact-id.ts'
import { E164_LONGEST } from '../../domain/phones/phone-reader.ts'
import type { PhoneReader } from '../../domain/phones/phone-reader.ts'
import { SUBJECT_KIND, SUBJECT_NUMBERS } from '../chunks/chunk-builder.ts'
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
 * Accepts a record directly from its bytes if every cell is plainly valid (a plain record). This
 * saves most of the time, because the cells do not become strings. If the record is not plain, the
 * function adds no row and returns false. The caller must then judge the record with `CheckRow`.
 * For a plain record, `CheckRow` would give the same result.
 */
export type TakePlainRow = (record: CsvRecord) => boolean

/**
 * The most bytes that a cell needs in addition to its content: a NUL and, for a phone, the plus
 * sign and the calling code.
 */
const CELL_ROOM_BYTES = E164_LONGEST + 1
const UNDECIDED = -1
/**
 * FIRST_VISIBLE: the first byte that is neither white space nor a control character. FIRST_WIDE:
 * the first byte value of characters beyond ASCII.
 */
const FIRST_VISIBLE = 0x21
const FIRST_WIDE = 0x80
const APOSTROPHE = 0x27

type Column = Pick<TargetColumn, 'source' | 'required'> & { kind: ColumnKind }

/**
 * Everything that is needed to write a row. It is made once for each file, so that a row allocates
 * nothing.
 */
type PlainRows = {
  columns: readonly Column[]
  idIndex: number
  /** The pattern for ids. null: the default pattern. */
  idPattern: RegExp | null
  /**
   * The most bytes of a cell of a plain record. The number equals the limit of characters, because
   * no cell has more characters than bytes.
   */
  longest: number
  readPhone: PhoneReader
  writeEmail: Normalisation['writeEmail']
  row: WrittenRow
  phones: number
  id: Span
  written: Span
  e164: Span
}

const addSubject = (row: WrittenRow, from: number, to: number, kind: number): void => {
  const at = row.subjectCount * SUBJECT_NUMBERS
  row.subjects[at] = from
  row.subjects[at + 1] = to
  row.subjects[at + 2] = kind
  row.subjectCount += 1
}

const setSpan = (span: Span, bytes: Uint8Array, from: number, to: number): Span => {
  span.bytes = bytes
  span.from = from
  span.to = to
  return span
}

/**
 * Writes the cell's phone to the text, beginning at `at`. Returns where the written bytes end, or
 * UNDECIDED.
 */
const writePhone = (
  rows: PlainRows,
  record: CsvRecord,
  cell: number,
  text: ChunkText,
  at: number,
): number => {
  const { bytes, starts, ends } = record
  const from = starts[cell]!
  const to = ends[cell]!
  const length = rows.readPhone(bytes, from, to, text.bytes, at)
  if (length <= 0) return UNDECIDED
  const id = setSpan(rows.id, bytes, starts[rows.idIndex]!, ends[rows.idIndex]!)
  const written = setSpan(rows.written, bytes, from, to)
  if (mayBePhone(id, written, setSpan(rows.e164, text.bytes, at, at + length))) return UNDECIDED
  addSubject(rows.row, at, at + length, SUBJECT_KIND.phone)
  rows.phones += 1
  return at + length
}

/**
 * Writes the cell to the text, beginning at `at`, in the form of its column's kind. Returns where
 * the written bytes end, or UNDECIDED.
 */
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
  const first = bytes[from]!
  // An apostrophe may be a guard against spreadsheets. A guard is not part of the cell.
  if (first === APOSTROPHE) return UNDECIDED
  switch (column.kind) {
    case 'text': {
      // A required cell must not be only white space. Some white space is beyond ASCII.
      if (column.required && (first < FIRST_VISIBLE || first >= FIRST_WIDE)) return UNDECIDED
      return copyBytes(record.view, from, to, text.view, at)
    }
    case 'phone':
      return writePhone(rows, record, column.source, text, at)
    case 'email': {
      if (!rows.writeEmail(bytes, from, to, text.bytes, at)) return UNDECIDED
      addSubject(rows.row, at, at + to - from, SUBJECT_KIND.email)
      return at + to - from
    }
    case 'date':
      return UNDECIDED
  }
}

/** Whether the id has the default form, is no null word, and matches the configured pattern. */
const isPlainId = (rows: PlainRows, bytes: Buffer, from: number, to: number): boolean =>
  isPlainContactId(bytes, from, to) &&
  (rows.idPattern === null || rows.idPattern.test(bytes.toString('latin1', from, to)))

/** Writes the record as a row of the chunk's text. Returns false if the record is not plain. */
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

/** Whether all cells after the last column, and all cells in columns without a name, are empty. */
const hasOnlyColumns = (
  { starts, ends, width: found }: CsvRecord,
  { width, nameless }: ColumnLayout,
): boolean => {
  for (let cell = width; cell < found; cell += 1) if (starts[cell] !== ends[cell]) return false
  // A row may end before a column without a name.
  for (const cell of nameless) if (cell < found && starts[cell] !== ends[cell]) return false
  return true
}

/**
 * The text of a cell. null: it begins with an apostrophe, which may be a guard against
 * spreadsheets.
 */
const textOf = ({ bytes, starts, ends }: CsvRecord, cell: number): string | null => {
  if (cell < 0 || starts[cell] === ends[cell]) return ''
  return bytes[starts[cell]!] === APOSTROPHE
    ? null
    : bytes.toString('utf8', starts[cell], ends[cell])
}

/**
 * Creates the function that finds whether a record says that the person agreed to be called. The
 * function returns null if the record is not plain.
 */
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
 * Creates the function for one file. null: no record of the file can be plain. This is so if the
 * file is a ledger, whose rows have marks that must be checked, or if a required column is missing,
 * which makes every row faulty.
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
      subjects: new Int32Array(targets.length * SUBJECT_NUMBERS),
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
    // The factor is 3 because the contact id may be written twice more, as a cell of its own column
    // and as a cell of the list's column `contactId`.
    const most = record.size * 3 + (targets.length + 1) * CELL_ROOM_BYTES
    if (!writeRow(rows, record, builder.room(record.line, most))) return false
    phones.direct += rows.phones
    phones.normalized += rows.phones
    rows.row.consented = consented
    builder.acceptWritten(record.line, rows.row)
    return true
  }
}
