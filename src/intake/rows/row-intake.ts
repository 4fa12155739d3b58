import type { RowFault } from '../../domain/uploads/rejection.ts'
import { ZERO_COUNTS } from '../../domain/uploads/upload.ts'
import type { UploadCounts } from '../../domain/uploads/upload.ts'
import { createChunkBuilder } from '../chunks/chunk-builder.ts'
import type { ChunkBuilder } from '../chunks/chunk-builder.ts'
import { createRowDigests } from '../chunks/row-digests.ts'
import { planColumns } from '../columns/column-plan.ts'
import type { ColumnPlan } from '../columns/column-plan.ts'
import { headlessColumns } from '../columns/headless-columns.ts'
import { FileRefused } from '../contract.ts'
import type { IntakeSpec } from '../contract.ts'
import { unguardCell } from '../formats/cell-guard.ts'
import type { CsvSink } from '../formats/csv-reader.ts'
import { rawRowOf } from '../formats/csv-reader.ts'
import type { RawRow, RowSink } from '../formats/raw-row.ts'
import { createTakePlainRow } from './plain-row.ts'
import type { TakePlainRow } from './plain-row.ts'
import { createRowCheck } from './row-check.ts'
import type { CheckRow, PhoneCounters } from './row-check.ts'

/** What is there once the header is known. */
export type OpenIntake = {
  plan: ColumnPlan
  check: CheckRow
  builder: ChunkBuilder
  /** null where no record can be taken this way. */
  takePlainRow: TakePlainRow | null
}

/** What tests turn: both ways of taking a row must come to the same, and so must one pass over the digests and several. */
export type IntakeTuning = {
  plainRows: boolean
  /** Rows up to which the digests of ids stay in memory; past them each pass over the stored ones takes twice as many. */
  rowsInMemory: number
}

/** Takes rows from a reader and carries them into chunks, counting each. */
export type RowIntake = RowSink &
  CsvSink & {
    readonly counts: UploadCounts
    readonly rejections: Map<string, number>
    readonly phones: PhoneCounters
    /** null until the header is known. */
    opened(): OpenIntake | null
  }

/** A wild row is shown by its first cells only: a megabyte of delimiters is no row to mend by hand. */
const MOST_SHOWN_CELLS = 2000

type Tally = { counts: UploadCounts; rejections: Map<string, number> }

/** The record's cells in the order of the file's columns, without what a ledger added. */
const dataCells = (plan: ColumnPlan, raw: RawRow): string[] =>
  plan.keep === null ? raw.cells : plan.keep.map((index) => unguardCell(raw.cells[index] ?? ''))

/** Judges a record and puts it where it belongs: blank, rejected or accepted. */
const takeRow = ({ plan, check, builder }: OpenIntake, raw: RawRow, tally: Tally): void => {
  const cells = dataCells(plan, raw)
  if (raw.fault === null && cells.every((cell) => cell === '' || cell.trim() === '')) {
    tally.counts.blank += 1
    builder.blank(raw.line)
    return
  }
  const ragged: RowFault | null =
    raw.cells.length === plan.width ? null : { code: 'row-ragged', column: null }
  const formFault = raw.fault ?? ragged
  const judged = formFault === null ? check(cells, raw.suspect) : { fault: formFault }
  if (judged.fault === null) {
    builder.accept(raw.line, judged)
    return
  }
  const { code, column } = judged.fault
  tally.counts.rejected += 1
  tally.rejections.set(code, (tally.rejections.get(code) ?? 0) + 1)
  builder.reject({ line: raw.line, code, column, cells: cells.slice(0, MOST_SHOWN_CELLS) })
}

const openIntake = (
  names: readonly string[],
  spec: IntakeSpec,
  tuning: IntakeTuning,
  phones: PhoneCounters,
): OpenIntake => {
  const plan = planColumns(names, spec)
  const digests = createRowDigests(spec.digestKey)
  const { batchRows } = spec.limits
  const { rowsInMemory } = tuning
  const width = plan.targets.length
  const builder = createChunkBuilder({ width, batchRows, digests, rowsInMemory })
  const check = createRowCheck(plan, spec.steps, phones)
  const takePlainRow = tuning.plainRows
    ? createTakePlainRow(plan, spec.steps, builder, phones)
    : null
  return { plan, builder, check, takePlainRow }
}

export const createRowIntake = (spec: IntakeSpec, tuning: IntakeTuning): RowIntake => {
  const counts = { ...ZERO_COUNTS }
  const rejections = new Map<string, number>()
  const phones = { direct: 0, library: 0 }
  const tally = { counts, rejections }
  let open: OpenIntake | null = null
  /** Elements before the first object: they have no columns yet, and no cells. */
  const early: RawRow[] = []

  const countRow = (): void => {
    counts.read += 1
    if (counts.read <= spec.maxRows) return
    throw new FileRefused('upload-too-many-rows', `The file has over ${spec.maxRows} rows.`, {
      maxRows: spec.maxRows,
    })
  }
  return {
    counts,
    rejections,
    phones,
    opened: () => open,
    header: (names) => {
      open = openIntake(names, spec, tuning, phones)
      for (const raw of early.splice(0)) takeRow(open, raw, tally)
    },
    noHeader: (width) => {
      const headless = headlessColumns(width, spec)
      open = openIntake(headless.names, headless.spec, tuning, phones)
    },
    record: (record) => {
      countRow()
      // A CSV reader gives the header first.
      if (open === null || open.takePlainRow?.(record)) return
      takeRow(open, rawRowOf(record), tally)
    },
    row: (raw) => {
      countRow()
      if (open !== null) takeRow(open, raw, tally)
      else if (early.push(raw) > 1000) {
        throw new FileRefused('json-malformed', 'The first 1000 elements are no objects.')
      }
    },
  }
}
