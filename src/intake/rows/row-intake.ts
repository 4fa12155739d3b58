import { isBlank } from '../../domain/text/unseen-characters.ts'
import type { RowFault } from '../../domain/uploads/rejection.ts'
import { createNotices } from '../../domain/uploads/row-notices.ts'
import type { Noticed } from '../../domain/uploads/row-notices.ts'
import { ZERO_COUNTS } from '../../domain/uploads/upload.ts'
import type { UploadCounts } from '../../domain/uploads/upload.ts'
import { createChunkBuilder } from '../chunks/chunk-builder.ts'
import type { ChunkBuilder } from '../chunks/chunk-builder.ts'
import { createRowDigests } from '../chunks/row-digests.ts'
import { layOutColumns } from '../columns/column-layout.ts'
import type { ColumnLayout } from '../columns/column-layout.ts'
import { headlessColumns } from '../columns/headless-columns.ts'
import { FileRefused } from '../contract.ts'
import type { IntakeSpec } from '../contract.ts'
import { unguardCell } from '../formats/cell-guard.ts'
import type { CsvSink } from '../formats/csv-reader.ts'
import { rawRowOf } from '../formats/csv-reader.ts'
import type { RawRow, RowSink } from '../formats/raw-row.ts'
import { holdsRows } from './hidden-rows.ts'
import { createTakePlainRow } from './plain-row.ts'
import type { TakePlainRow } from './plain-row.ts'
import { createRecordWidth } from './record-width.ts'
import type { RecordWidth } from './record-width.ts'
import { createRowCheck } from './row-check.ts'
import type { CheckedRow, CheckRow, PhoneCounters, RefusedRow } from './row-check.ts'
import { createRowMarks } from './row-mark.ts'
import type { RowMarks } from './row-mark.ts'

/** Everything that can be made only when the header is known. */
export type OpenIntake = {
  layout: ColumnLayout
  check: CheckRow
  width: RecordWidth
  marks: RowMarks
  builder: ChunkBuilder
  /** null: no record of this file can be plain. */
  takePlainRow: TakePlainRow | null
}

/**
 * Settings for tests and the warm-up. The result must be the same with and without `plainRows`, and
 * with one or several passes over the digests.
 */
export type IntakeTuning = {
  plainRows: boolean
  /**
   * Up to this many rows, the digests of ids stay in memory. Beyond this number, they are read from
   * the sink, with twice as many rows per pass.
   */
  rowsInMemory: number
  /** Called after a file is read, with the objects whose functions have read it. */
  readBy?: (objects: object) => void
}

/** Takes rows from a reader, counts and judges them, and passes them to the chunks. */
export type RowIntake = RowSink &
  CsvSink & {
    readonly counts: UploadCounts
    readonly rejections: Map<string, number>
    readonly phones: PhoneCounters
    noticed(): Noticed
    /** null: the header is not known yet. */
    opened(): OpenIntake | null
    /** Call it after the last row. */
    end(): void
  }

/**
 * The most cells that the ledger shows of a rejected row. Nobody corrects a megabyte of delimiters
 * by hand.
 */
const MOST_SHOWN_CELLS = 2000

type Tally = {
  counts: UploadCounts
  rejections: Map<string, number>
  notices: ReturnType<typeof createNotices>
}

/**
 * The cells of the record in the order of the file's columns, without columns of a ledger and
 * without columns that have no name. Guards against spreadsheets are removed.
 */
const dataCells = ({ keep, guarded }: ColumnLayout, raw: RawRow): string[] => {
  const cells = keep === null ? raw.cells : keep.map((index) => raw.cells[index] ?? '')
  return guarded && cells.some((cell) => cell.startsWith("'")) ? cells.map(unguardCell) : cells
}

/**
 * Checks the mark of a row that comes back from a ledger. If the contact id was changed, the row
 * would change another person's data.
 */
const markFaults = (
  { layout, marks }: OpenIntake,
  raw: RawRow,
  id: string | undefined,
): RowFault[] => {
  const { markIndex, columns, idIndex } = layout
  if (markIndex < 0 || marks.fits(raw.cells[markIndex] ?? '', id ?? '')) return []
  return [{ code: 'row-identity-changed', column: columns[idIndex]?.name ?? null }]
}

/**
 * The faults of the row's form: a wrong number of cells, or content in a cell that has no column or
 * a column without a name.
 */
const formFaults = ({ layout, width }: OpenIntake, { cells }: RawRow): RowFault[] => {
  if (cells.length !== width.cells) {
    const counted = { found: cells.length, expected: width.cells }
    return [{ code: 'row-ragged', column: null, width: counted }]
  }
  if (layout.nameless.length === 0 && cells.length <= layout.width) return []
  const faults: RowFault[] = []
  for (const [index, cell] of cells.entries()) {
    const hasColumn = index < layout.width && !layout.nameless.includes(index)
    if (hasColumn || isBlank(cell)) continue
    faults.push({ code: 'cell-without-column', column: null, position: index + 1 })
  }
  return faults
}

/** The faults after which the gateway cannot find out which cell belongs to which column. */
const LOST_COLUMNS = new Set(['row-not-object', 'quote-misplaced', 'row-ragged'])

/**
 * Judges a record. First judges its form. If the column of each cell is known, then judges its
 * cells.
 */
const judge = (open: OpenIntake, raw: RawRow, cells: string[]): CheckedRow | RefusedRow => {
  const found = [...raw.faults, ...formFaults(open, raw)]
  const lost = found.find(({ code }) => LOST_COLUMNS.has(code))
  if (lost !== undefined) return { faults: [lost] }
  const marked = markFaults(open, raw, cells[open.layout.idIndex])
  return open.check(cells, [...found, ...marked], raw.suspect)
}

/** Judges a record and adds it to the chunk as accepted, rejected or blank. */
const takeRow = (open: OpenIntake, raw: RawRow, tally: Tally): void => {
  const { layout, builder } = open
  const cells = dataCells(layout, raw)
  // The columns of a ledger do not count. If all other columns of a row are empty, the row is
  // blank.
  const isWhole = layout.ledger || layout.keep === null
  const isEmpty = cells.every(isBlank) && (isWhole || raw.cells.every(isBlank))
  if (raw.faults.length === 0 && isEmpty) {
    tally.counts.blank += 1
    builder.blank(raw.line)
    return
  }
  const judged = judge(open, raw, cells)
  if (judged.faults === null) {
    builder.accept(raw.line, judged)
    if (judged.decimals) tally.notices.add('phone-decimal-tail', raw.line)
    return
  }
  const [fault, ...more] = judged.faults
  tally.counts.rejected += 1
  tally.rejections.set(fault.code, (tally.rejections.get(fault.code) ?? 0) + 1)
  const shown = cells.length > MOST_SHOWN_CELLS ? cells.slice(0, MOST_SHOWN_CELLS) : cells
  const row = { line: raw.line, ...fault, cells: shown }
  builder.reject(more.length === 0 ? row : { ...row, more })
}

const openIntake = (
  names: readonly string[],
  spec: IntakeSpec,
  tuning: IntakeTuning,
  phones: PhoneCounters,
): OpenIntake => {
  const layout = layOutColumns(names, spec)
  const digests = createRowDigests(spec.digestKey)
  const { batchRows } = spec.limits
  const { rowsInMemory } = tuning
  const width = layout.targets.length
  const consentCountries = spec.steps.consent?.countries ?? null
  const builder = createChunkBuilder({ width, batchRows, digests, rowsInMemory, consentCountries })
  const check = createRowCheck(layout, spec.steps, phones)
  const recordWidth = createRecordWidth(layout)
  const takePlainRow = tuning.plainRows
    ? createTakePlainRow({ layout, steps: spec.steps, builder, phones, recordWidth })
    : null
  const marks = createRowMarks(spec.digestKey)
  return { layout, builder, check, width: recordWidth, marks, takePlainRow }
}

/**
 * Makes the intake for one file. Its methods throw `FileRefused` if the header is refused, if there
 * are more than `spec.maxRows` rows, or if more than 1000 JSON elements precede the first object.
 */
export const createRowIntake = (spec: IntakeSpec, tuning: IntakeTuning): RowIntake => {
  const counts = { ...ZERO_COUNTS }
  const rejections = new Map<string, number>()
  const phones = { direct: 0, library: 0, normalized: 0 }
  const notices = createNotices()
  const tally = { counts, rejections, notices }
  let open: OpenIntake | null = null
  /** JSON elements before the first object. They wait because the columns are not known yet. */
  const early: RawRow[] = []

  // Each caller makes a spec of another class. If the row path read the spec, V8 would
  // compile the row path again for each class.
  const { maxRows } = spec
  const countRow = (): void => {
    counts.read += 1
    if (counts.read <= maxRows) return
    throw new FileRefused('upload-too-many-rows', `The file has more than ${maxRows} rows.`, {
      maxRows,
    })
  }
  const take = (raw: RawRow): void => {
    const opened = open!
    opened.width.pass(raw, (row) => takeRow(opened, row, tally))
  }
  return {
    counts,
    rejections,
    phones,
    noticed: notices.noticed,
    opened: () => open,
    header: (names) => {
      open = openIntake(names, spec, tuning, phones)
      for (const raw of early.splice(0)) take(raw)
    },
    noHeader: (width) => {
      const headless = headlessColumns(width, spec)
      open = openIntake(headless.names, headless.spec, tuning, phones)
    },
    record: (record) => {
      countRow()
      if (open !== null && holdsRows(record, open.layout.width)) {
        notices.add('cell-holds-rows', record.line)
      }
      // The CSV reader calls `header` or `noHeader` before the first record, so `open` is never
      // null here.
      if (open === null || (open.width.decided && open.takePlainRow?.(record))) return
      take(rawRowOf(record))
    },
    row: (raw) => {
      countRow()
      if (open !== null) take(raw)
      else if (early.push(raw) > 1000) {
        throw new FileRefused('json-malformed', 'The first 1000 elements are not objects.')
      }
    },
    end: () => {
      const opened = open
      opened?.width.end((row) => takeRow(opened, row, tally))
    },
  }
}
